#include "store/database.hpp"

#include "core/text.hpp"
#include "store/transaction.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <map>

#ifdef __SANITIZE_ADDRESS__
// libpqxx 6.4 forgets the last PGresult of a connection that breaks (connection_base::make_result throws
// before it owns it).
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libpqxx\n";
}
#endif

namespace lazaret::store {

namespace {

std::string quote_keyword_value(const std::string& value) {
    std::string quoted = "'";
    for (char c : value) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

std::string first_line(const std::string& text) {
    auto line = std::string(trim(text.substr(0, std::min(text.find('\n'), text.size()))));
    for (std::string_view prefix : {"ERROR:", "FATAL:"})
        if (line.starts_with(prefix)) line = std::string(trim(line.substr(prefix.size())));
    return line;
}

/// Errors that go away without anyone changing anything: connection trouble, a server that starts or stops,
/// lack of resources, lost races (SQLSTATE classes of PostgreSQL, appendix A).
bool passes(const std::string& sqlstate) {
    for (std::string_view kind : {"08", "40", "53", "57P", "57014", "55P03", "58"})
        if (sqlstate.starts_with(kind)) return true;
    return false;
}

/// The administrator's words may be keywords or a URI; libpq's parser takes both, and we add ours to the
/// result.
Result<std::string> connection_options(const DatabaseSettings& settings) {
    char* message = nullptr;
    PQconninfoOption* options = PQconninfoParse(settings.connection.c_str(), &message);
    if (!options) {
        Error error("the database connection string is wrong: " +
                    first_line(message ? message : "out of memory"));
        PQfreemem(message);
        return error;
    }
    std::map<std::string, std::string> words;
    for (const PQconninfoOption* option = options; option->keyword; ++option)
        if (option->val) words[option->keyword] = option->val;
    PQconninfoFree(options);

    using std::chrono::seconds;
    if (!settings.role.empty()) words["user"] = settings.role;
    if (!settings.application.empty()) words["application_name"] = settings.application;
    auto timeout = std::max(seconds(2), std::chrono::ceil<seconds>(settings.connect_timeout));
    words["connect_timeout"] = std::to_string(timeout.count());
    words["client_encoding"] = "UTF8";
    // A peer that vanished without a word must not hold a thread for the kernel's two hours.
    words.try_emplace("keepalives_idle", "15");
    words.try_emplace("keepalives_interval", "5");
    words.try_emplace("keepalives_count", "3");
    words.try_emplace("tcp_user_timeout", "30000");
    auto statement = std::chrono::ceil<std::chrono::milliseconds>(settings.statement_timeout).count();
    std::string& session = words["options"];
    session += " -c search_path=lazaret -c timezone=UTC -c datestyle=ISO -c client_min_messages=warning"
               " -c statement_timeout=" +
               std::to_string(statement);

    std::string text;
    for (const auto& [word, value] : words)
        text += word + "=" + quote_keyword_value(value) + " ";
    return text;
}

} // namespace

Database::Database(DatabaseSettings settings) : settings_(std::move(settings)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

bool Database::connected() const noexcept {
    return connection_ != nullptr;
}

void Database::disconnect() noexcept {
    connection_.reset();
}

Result<void> Database::connect() {
    auto connection = open();
    if (!connection) return connection.error();
    return {};
}

Result<Database::Connection*> Database::open() {
    if (connection_) return connection_.get();
    auto options = connection_options(settings_);
    if (!options) return options.error();
    try {
        auto made = std::make_unique<Connection>(*options);
        // What we say is stored must be: a journal segment is deleted, a client told, on the word of a
        // commit.
        pqxx::nontransaction(made->session)
            .exec("SELECT set_config('synchronous_commit', 'on', false)"
                  " WHERE current_setting('synchronous_commit') = 'off'");
        connection_ = std::move(made);
    } catch (const std::exception& error) {
        // libpq gives no SQLSTATE for a refused login; whatever the reason, it can be mended on the other
        // side.
        return Error("cannot connect to the database: " + first_line(error.what()), true);
    }
    return connection_.get();
}

Result<void> transact(Database& database, const char* name,
                      const std::function<Result<void>(pqxx::work&)>& body) {
    auto connection = database.open();
    if (!connection) return connection.error();
    pqxx::connection& session = (*connection)->session;
    auto failed = [&](const std::exception& error, bool transient) {
        bool open = session.is_open();
        if (!open || transient) database.disconnect();
        return Error("cannot " + std::string(name) + ": " + first_line(error.what()), transient || !open);
    };
    try {
        pqxx::work tx(session);
        Result<void> done = body(tx);
        if (done) tx.commit();
        return done;
    } catch (const pqxx::sql_error& error) {
        return failed(error, passes(error.sqlstate()));
    } catch (const pqxx::failure& error) { // broken connection, commit in doubt, rolled back
        return failed(error, true);
    } catch (const std::exception& error) { // a value that is not what its column promises
        return failed(error, false);
    }
}

std::string sql_time(Time at) {
    return format_rfc3339(at);
}

std::optional<std::string> sql_time(const std::optional<Time>& at) {
    if (!at) return std::nullopt;
    return sql_time(*at);
}

Time read_time(const pqxx::field& field) {
    // "2026-11-21 10:42:00.5+00"
    std::string text = field.c_str();
    if (text.size() < 22 || text[10] != ' ' || !text.ends_with("+00"))
        throw std::runtime_error("a time reads \"" + text + "\"");
    text[10] = 'T';
    text.replace(text.size() - 3, 3, "Z");
    auto time = parse_rfc3339(text);
    if (!time) throw std::runtime_error("a time reads \"" + text + "\"");
    return *time;
}

std::optional<Time> read_optional_time(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return read_time(field);
}

std::optional<std::string> null_if_empty(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

} // namespace lazaret::store
