#include "store/import_rows.hpp"

#include "auth/verifier.hpp"
#include "core/text.hpp"
#include "store/csv.hpp"
#include "store/files.hpp"

#include <fstream>
#include <map>
#include <unordered_map>

namespace lazaret::store {

namespace {

constexpr std::size_t most_errors = 20;
constexpr const char* classes = "expected dynamic, static, business or trusted";

std::string in_quotes(const std::string& text) {
    return "\"" + printable(text, 80) + "\"";
}

/// Whether it holds no control characters and no blanks at its ends.
bool is_name(const std::string& text, std::size_t longest) {
    if (text.empty() || text.size() > longest || trim(text) != text) return false;
    for (char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    return true;
}

/// Opens the file, hands every record to `take(record, errors)`.
template <class Take>
Result<void> read_csv(const std::filesystem::path& file, std::vector<std::string> columns, Take take) {
    std::ifstream input(file, std::ios::binary);
    if (!input || std::filesystem::is_directory(file))
        return Error("cannot read " + file.string() + ": " + errno_text());
    CsvReader reader(input, std::move(columns));
    FileErrors errors(file);
    for (;;) {
        auto record = reader.next();
        if (!record) {
            errors.add(reader.line(), record.error().message);
            if (reader.broken()) break;
            continue;
        }
        if (!*record) break;
        take(**record, errors);
    }
    if (!errors.none()) return errors.error();
    return {};
}

} // namespace

void FileErrors::add(std::size_t line, const std::string& message) {
    if (++count_ > most_errors) return;
    text_ += (text_.empty() ? "" : "\n") + file_ + ":" + std::to_string(line) + ": " + message;
}

Error FileErrors::error() const {
    if (count_ <= most_errors) return Error(text_);
    return Error(text_ + "\nand " + std::to_string(count_ - most_errors) + " more");
}

Result<std::vector<SubscriberRow>> read_subscriber_file(const std::filesystem::path& file) {
    std::vector<SubscriberRow> rows;
    std::unordered_map<std::string, std::size_t> logins;      // line
    std::unordered_map<std::string, std::size_t> subscribers; // index into rows of its first line
    auto done = read_csv(
        file, {"subscriber", "login", "password", "plan", "class"},
        [&](const CsvReader::Record& record, FileErrors& errors) {
            SubscriberRow row;
            row.line = record.line;
            row.subscriber = record.fields[0];
            row.login = ascii_lowercase(record.fields[1]);
            row.password = record.fields[2];
            row.plan = record.fields[3];
            auto bad = [&](const std::string& message) { errors.add(row.line, message); };
            if (!is_name(row.subscriber, 128))
                return bad("subscriber " + in_quotes(row.subscriber) +
                           ", expected 1 to 128 printable octets");
            if (row.login.empty() != row.password.empty())
                return bad("login and password, expected both or neither");
            if (!row.login.empty() && !is_name(row.login, 255))
                return bad("login " + in_quotes(row.login) + ", expected 1 to 255 printable octets");
            if (row.password.size() > 1024 || row.password.find('\0') != std::string::npos)
                return bad("a password of " + std::to_string(row.password.size()) +
                           " octets, expected at most 1024 without NUL");
            if (auto known = auth::Verifier::is_importable(row.password); !row.password.empty() && !known)
                return bad(known.error().message); // which shows nothing of it
            if (row.plan.empty()) return bad("no plan, expected the name of one");
            auto klass = subscriber::parse_class(record.fields[4]);
            if (!klass) return bad("class " + in_quotes(record.fields[4]) + ", " + classes);
            row.klass = *klass;
            if (!row.login.empty()) {
                auto [other, fresh] = logins.try_emplace(row.login, row.line);
                if (!fresh)
                    return bad("login " + in_quotes(row.login) + " again, expected it once (it is in line " +
                               std::to_string(other->second) + ")");
            }
            auto [first, fresh] = subscribers.try_emplace(row.subscriber, rows.size());
            if (!fresh) {
                const SubscriberRow& was = rows[first->second];
                if (was.plan != row.plan || was.klass != row.klass)
                    return bad("subscriber " + in_quotes(row.subscriber) + " with plan " +
                               in_quotes(row.plan) + " and class " +
                               std::string(subscriber::to_string(row.klass)) + ", expected " +
                               in_quotes(was.plan) + " and " + std::string(subscriber::to_string(was.klass)) +
                               " as in line " + std::to_string(was.line));
            }
            rows.push_back(std::move(row));
        });
    if (!done) return done.error();
    return rows;
}

Result<std::vector<NetworkRow>> read_network_file(const std::filesystem::path& file) {
    std::vector<NetworkRow> rows;
    std::map<Cidr, std::size_t> blocks; // line
    auto done = read_csv(
        file, {"cidr", "class", "relay", "subscriber", "plan"},
        [&](const CsvReader::Record& record, FileErrors& errors) {
            NetworkRow row;
            row.line = record.line;
            auto bad = [&](const std::string& message) { errors.add(row.line, message); };
            auto block = Cidr::parse(record.fields[0]);
            if (!block)
                return bad("cidr " + in_quotes(record.fields[0]) + ": " + block.error().message +
                           ", expected a block like 192.0.2.0/24 or 2001:db8::/32");
            row.network.block = *block;
            auto klass = subscriber::parse_class(record.fields[1]);
            if (!klass) return bad("class " + in_quotes(record.fields[1]) + ", " + classes);
            row.network.klass = *klass;
            const std::string& relay = record.fields[2];
            if (relay != "yes" && relay != "no")
                return bad("relay " + in_quotes(relay) + ", expected yes or no");
            row.network.relay = relay == "yes";
            row.network.subscriber = record.fields[3];
            if (!row.network.subscriber.empty() && !is_name(row.network.subscriber, 128))
                return bad("subscriber " + in_quotes(row.network.subscriber) +
                           ", expected 1 to 128 printable octets or nothing");
            row.network.plan = record.fields[4];
            auto [other, fresh] = blocks.try_emplace(row.network.block, row.line);
            if (!fresh)
                return bad("block " + row.network.block.to_string() +
                           " again, expected it once (it is in line " + std::to_string(other->second) + ")");
            rows.push_back(std::move(row));
        });
    if (!done) return done.error();
    return rows;
}

} // namespace lazaret::store
