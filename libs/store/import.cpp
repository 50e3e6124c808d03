#include "store/import.hpp"

#include "auth/verifier.hpp"
#include "store/import_rows.hpp"
#include "store/transaction.hpp"

#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <unordered_set>

namespace lazaret::store {

namespace {

/// Hashes plain passwords on all cores; a verifier stays as it is.
void hash_passwords(std::vector<SubscriberRow>& rows, const Progress& progress) {
    std::atomic<std::size_t> next{0}, done{0};
    auto work = [&] {
        for (std::size_t i = next++; i < rows.size(); i = next++) {
            std::string& password = rows[i].password;
            // Whether it is one was asked when the file was read.
            if (!password.empty() && !auth::Verifier::parse(password))
                password = auth::Verifier::import(password).value().to_string();
            ++done;
        }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
        threads.emplace_back(work);
    while (progress && done < rows.size()) {
        progress(done, rows.size());
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    threads.clear();
    if (progress) progress(rows.size(), rows.size());
}

std::set<std::string> plan_names(pqxx::work& tx) {
    std::set<std::string> names;
    for (const auto& row : tx.exec("SELECT name FROM plan ORDER BY name"))
        names.insert(row[0].c_str());
    return names;
}

std::string list(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

Result<void> check_plans(pqxx::work& tx, const ImportFiles& files,
                         const std::vector<SubscriberRow>& subscribers,
                         const std::vector<NetworkRow>& networks) {
    const auto plans = plan_names(tx);
    auto unknown = [&](const std::string& plan) {
        return "plan \"" + plan + "\" does not exist, expected one of " + list(plans);
    };
    FileErrors errors(files.subscribers), network_errors(files.networks);
    for (const auto& row : subscribers)
        if (!plans.contains(row.plan)) errors.add(row.line, unknown(row.plan));
    for (const auto& row : networks)
        if (!row.network.plan.empty() && !plans.contains(row.network.plan))
            network_errors.add(row.line, unknown(row.network.plan));
    if (!errors.none()) return errors.error();
    if (!network_errors.none()) return network_errors.error();
    return {};
}

void write_subscribers(pqxx::work& tx, const std::vector<SubscriberRow>& rows, ImportSummary& summary) {
    summary.subscribers.lines = rows.size();
    tx.exec("CREATE TEMPORARY TABLE new_subscriber (id text, plan text, class text) ON COMMIT DROP");
    tx.exec("CREATE TEMPORARY TABLE new_account (login text, subscriber text, verifier text) ON COMMIT DROP");
    {
        pqxx::stream_to stream(tx, "new_subscriber");
        std::unordered_set<std::string> seen;
        for (const auto& row : rows)
            if (seen.insert(row.subscriber).second)
                stream << std::array<std::string, 3>{row.subscriber, row.plan,
                                                     std::string(subscriber::to_string(row.klass))};
        stream.complete();
    }
    {
        pqxx::stream_to stream(tx, "new_account");
        for (const auto& row : rows)
            if (!row.login.empty())
                stream << std::array<std::string, 3>{row.login, row.subscriber, row.password};
        stream.complete();
    }
    tx.exec("ANALYZE new_subscriber");
    tx.exec("ANALYZE new_account");
    summary.subscribers.changed =
        tx.exec("UPDATE subscriber s SET plan = n.plan, class = n.class FROM new_subscriber n"
                " WHERE s.id = n.id AND (s.plan, s.class) IS DISTINCT FROM (n.plan, n.class)")
            .affected_rows();
    summary.subscribers.added = tx.exec("INSERT INTO subscriber (id, plan, class) SELECT id, plan, class "
                                        "FROM new_subscriber ON CONFLICT (id) DO NOTHING")
                                    .affected_rows();
    for (const auto& row : rows)
        if (const auto verifier = auth::Verifier::parse(row.password); verifier && !verifier->scram()) ++summary.logins_without_scram;
    // Not ON CONFLICT DO UPDATE: that would need the right to read verifiers.
    summary.logins =
        tx.exec("UPDATE account a SET subscriber = n.subscriber, verifier = n.verifier FROM new_account n"
                " WHERE a.login = n.login")
            .affected_rows() +
        tx.exec("INSERT INTO account (login, subscriber, verifier) SELECT login, subscriber, verifier"
                " FROM new_account ON CONFLICT (login) DO NOTHING")
            .affected_rows();
}

Result<void> write_networks(pqxx::work& tx, const std::filesystem::path& file,
                            const std::vector<NetworkRow>& rows, ImportSummary& summary) {
    summary.networks.lines = rows.size();
    tx.exec("CREATE TEMPORARY TABLE new_network (line bigint, block cidr, class text, relay boolean, "
            "subscriber text, plan text)"
            " ON COMMIT DROP");
    {
        pqxx::stream_to stream(tx, "new_network");
        for (const auto& [line, network] : rows)
            stream << std::array<std::optional<std::string>, 6>{
                std::to_string(line),
                network.block.to_string(),
                std::string(subscriber::to_string(network.klass)),
                std::string(network.relay ? "t" : "f"),
                null_if_empty(network.subscriber),
                null_if_empty(network.plan)};
        stream.complete();
    }
    tx.exec("ANALYZE new_network");
    FileErrors errors(file);
    for (const auto& row :
         tx.exec("SELECT line, subscriber FROM new_network n WHERE subscriber IS NOT NULL AND NOT EXISTS"
                 " (SELECT FROM subscriber s WHERE s.id = n.subscriber) ORDER BY line"))
        errors.add(row[0].as<std::size_t>(), "subscriber \"" + std::string(row[1].c_str()) +
                                                 "\" does not exist, expected one that is imported before");
    if (!errors.none()) return errors.error();
    summary.networks.changed = tx.exec("UPDATE network w SET class = n.class, relay = n.relay, subscriber = "
                                       "n.subscriber, plan = n.plan"
                                       " FROM new_network n WHERE w.block = n.block"
                                       " AND (w.class, w.relay, w.subscriber, w.plan) IS DISTINCT FROM "
                                       "(n.class, n.relay, n.subscriber, n.plan)")
                                   .affected_rows();
    summary.networks.added = tx.exec("INSERT INTO network (block, class, relay, subscriber, plan)"
                                     " SELECT block, class, relay, subscriber, plan FROM new_network"
                                     " ON CONFLICT (block) DO NOTHING")
                                 .affected_rows();
    return {};
}

} // namespace

Result<ImportSummary> import_files(Database& database, const ImportFiles& files, bool dry_run,
                                   const Progress& progress) {
    std::vector<SubscriberRow> subscribers;
    std::vector<NetworkRow> networks;
    if (!files.subscribers.empty()) {
        auto rows = read_subscriber_file(files.subscribers);
        if (!rows) return rows.error();
        subscribers = std::move(*rows);
    }
    if (!files.networks.empty()) {
        auto rows = read_network_file(files.networks);
        if (!rows) return rows.error();
        networks = std::move(*rows);
    }
    // Before the passwords, which take their time.
    auto plans = run(database, "read the plans",
                     [&](pqxx::work& tx) { return check_plans(tx, files, subscribers, networks); });
    if (!plans) return plans.error();
    if (!dry_run) hash_passwords(subscribers, progress);

    ImportSummary summary;
    bool undone = false;
    auto done = run(database, "import", [&](pqxx::work& tx) -> Result<void> {
        tx.exec("SET LOCAL statement_timeout = 0");
        if (!files.subscribers.empty()) write_subscribers(tx, subscribers, summary);
        if (!files.networks.empty())
            if (auto written = write_networks(tx, files.networks, networks, summary); !written)
                return written;
        undone = dry_run;
        if (dry_run) return Error("dry run"); // rolls back
        return {};
    });
    if (!done && !undone) return done.error();
    return summary;
}

} // namespace lazaret::store
