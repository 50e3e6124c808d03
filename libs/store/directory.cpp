#include "store/directory.hpp"

#include "core/text.hpp"
#include "store/transaction.hpp"

#include <nlohmann/json.hpp>

namespace lazaret::store {

namespace {

using subscriber::Network;
using subscriber::Plan;

std::optional<std::uint32_t> read_limit(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return field.as<std::uint32_t>();
}

constexpr const char* plan_columns =
    "SELECT name, messages_per_minute, messages_per_hour, messages_per_day,"
    " recipients_per_minute, recipients_per_hour, recipients_per_day FROM plan ";
Plan read_plan(const pqxx::row& row) {
    Plan plan;
    plan.name = row[0].c_str();
    plan.messages = {read_limit(row[1]), read_limit(row[2]), read_limit(row[3])};
    plan.recipients = {read_limit(row[4]), read_limit(row[5]), read_limit(row[6])};
    return plan;
}

constexpr const char* network_columns = "SELECT block::text, class, relay, subscriber, plan FROM network ";
Network read_network(const pqxx::row& row) {
    Network network;
    network.block = Cidr::parse(row[0].c_str()).value();
    network.klass = subscriber::parse_class(row[1].c_str()).value();
    network.relay = row[2].as<bool>();
    network.subscriber = read_text(row[3]);
    network.plan = read_text(row[4]);
    return network;
}

std::vector<Network> read_networks(const pqxx::result& result) {
    std::vector<Network> networks;
    networks.reserve(result.size());
    for (const auto& row : result)
        networks.push_back(read_network(row));
    return networks;
}

subscriber::Subscriber read_subscriber(const pqxx::row& row) {
    subscriber::Subscriber read;
    read.id = row[0].c_str();
    read.plan = row[1].c_str();
    read.klass = subscriber::parse_class(row[2].c_str()).value();
    read.is_protected = row[3].as<bool>();
    return read;
}

constexpr const char* subscriber_columns = "SELECT s.id, s.plan, s.class, s.is_protected, s.created_at,"
                                           " (SELECT json_agg(a.login ORDER BY a.login) FROM account a WHERE "
                                           "a.subscriber = s.id) AS logins FROM subscriber s ";

SubscriberView read_view(const pqxx::row& row) {
    SubscriberView view;
    view.subscriber = read_subscriber(row);
    view.created_at = read_time(row["created_at"]);
    if (!row["logins"].is_null())
        view.logins = nlohmann::json::parse(row["logins"].c_str()).get<std::vector<std::string>>();
    return view;
}

/// LIKE pattern that finds the text as it is written.
std::string containing(const std::string& text) {
    std::string pattern = "%";
    for (char c : text) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + "%";
}

} // namespace

Result<subscriber::Directory::Rows> load_directory(Database& database) {
    return run(database, "load the directory", [](pqxx::work& tx) {
        // One view for all four tables: an account's subscriber is there, and a subscriber's plan.
        tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        tx.exec("SET LOCAL statement_timeout = '10min'"); // a million rows over a slow link
        subscriber::Directory::Rows rows;
        for (const auto& row : tx.exec(plan_columns))
            rows.plans.push_back(read_plan(row));
        {
            auto result = tx.exec("SELECT id, plan, class, is_protected FROM subscriber");
            rows.subscribers.reserve(result.size());
            for (const auto& row : result)
                rows.subscribers.push_back(read_subscriber(row));
        }
        {
            auto result = tx.exec("SELECT login, subscriber, verifier FROM account");
            rows.accounts.reserve(result.size());
            for (const auto& row : result) {
                subscriber::Account account;
                account.login = row[0].c_str();
                account.subscriber = row[1].c_str();
                account.verifier = row[2].c_str();
                rows.accounts.push_back(std::move(account));
            }
        }
        rows.networks = read_networks(tx.exec(network_columns));
        return rows;
    });
}

Result<std::vector<SubscriberView>> list_subscribers(Database& database, const SubscriberFilter& filter) {
    return run(database, "list subscribers", [&](pqxx::work& tx) {
        std::vector<SubscriberView> views;
        auto result = tx.exec_params(std::string(subscriber_columns) +
                                         "WHERE ($1 = '' OR s.id ILIKE $2 OR EXISTS (SELECT FROM account a"
                                         " WHERE a.subscriber = s.id AND a.login ILIKE $2)) AND s.id > $3"
                                         " ORDER BY s.id LIMIT $4",
                                     filter.text, containing(filter.text), filter.after, filter.limit);
        for (const auto& row : result)
            views.push_back(read_view(row));
        return views;
    });
}

Result<std::optional<SubscriberView>> find_subscriber(Database& database, const std::string& name) {
    return run(database, "find a subscriber", [&](pqxx::work& tx) -> std::optional<SubscriberView> {
        const std::string columns = subscriber_columns;
        auto result = tx.exec_params(columns + "WHERE s.id = $1", name);
        if (result.empty())
            result =
                tx.exec_params(columns + "WHERE s.id = (SELECT subscriber FROM account WHERE login = $1)",
                               ascii_lowercase(name));
        if (auto address = IpAddress::parse(name); result.empty() && address)
            result = tx.exec_params(
                columns + "WHERE s.id = (SELECT subscriber FROM network WHERE block >>= $1::inet"
                          " ORDER BY masklen(block) DESC LIMIT 1)",
                address->to_string());
        if (result.empty()) return std::nullopt;
        SubscriberView view = read_view(result[0]);
        view.networks = read_networks(tx.exec_params(
            std::string(network_columns) + "WHERE subscriber = $1 ORDER BY block", view.subscriber.id));
        return view;
    });
}

Result<std::vector<Network>> list_networks(Database& database) {
    return run(database, "list networks", [](pqxx::work& tx) {
        return read_networks(tx.exec(std::string(network_columns) + "ORDER BY block"));
    });
}

Result<std::optional<Plan>> find_plan(Database& database, const std::string& name) {
    return run(database, "find a plan", [&](pqxx::work& tx) -> std::optional<Plan> {
        auto result = tx.exec_params(std::string(plan_columns) + "WHERE name = $1", name);
        if (result.empty()) return std::nullopt;
        return read_plan(result[0]);
    });
}

} // namespace lazaret::store
