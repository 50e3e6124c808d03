// The snapshot's file: one object with an array per table and a row per line. Rows are turned into and out of
// JSON one at a time, so that a file with a million accounts needs memory for the accounts only.

#include "subscriber/snapshot.hpp"

#include "core/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace lazaret::subscriber {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t version = 1;

// The fields of each row, for both directions.
template <class Row, class Visit> void each_field(Row& row, Visit& visit) {
    using Type = std::remove_const_t<Row>;
    if constexpr (std::is_same_v<Type, WindowLimits>) {
        visit("minute", row.per_minute);
        visit("hour", row.per_hour);
        visit("day", row.per_day);
    } else if constexpr (std::is_same_v<Type, Plan>) {
        visit("name", row.name);
        visit("messages", row.messages);
        visit("recipients", row.recipients);
    } else if constexpr (std::is_same_v<Type, Subscriber>) {
        visit("id", row.id);
        visit("plan", row.plan);
        visit("class", row.klass);
        visit("protected", row.is_protected);
    } else if constexpr (std::is_same_v<Type, Account>) {
        visit("login", row.login);
        visit("subscriber", row.subscriber);
        visit("verifier", row.verifier);
    } else if constexpr (std::is_same_v<Type, Network>) {
        visit("block", row.block);
        visit("class", row.klass);
        visit("relay", row.relay);
        visit("subscriber", row.subscriber);
        visit("plan", row.plan);
    } else {
        static_assert(std::is_same_v<Type, Quarantine>);
        visit("id", row.id);
        visit("subscriber", row.subscriber);
        visit("level", row.level);
        visit("scope", row.scope);
        visit("part", row.part);
        visit("reason", row.reason);
        visit("cause", row.cause);
        visit("author", row.author);
        visit("token", row.token);
        visit("start", row.start);
        visit("expiry", row.expiry);
    }
}

class Writer {
  public:
    template <class Field> void operator()(const char* name, const Field& field) {
        object_[name] = json(field);
    }
    template <class Field> void operator()(const char* name, const std::optional<Field>& field) {
        if (field) object_[name] = json(*field);
    }
    Json take() { return std::move(object_); }

  private:
    static Json json(const std::string& text) { return text; }
    static Json json(bool flag) { return flag; }
    static Json json(std::int64_t number) { return number; }
    static Json json(std::uint32_t number) { return number; }
    static Json json(Class value) { return to_string(value); }
    static Json json(Level value) { return to_string(value); }
    static Json json(Scope value) { return to_string(value); }
    static Json json(const Cidr& block) { return block.to_string(); }
    static Json json(Time at) { return format_rfc3339(at); }
    static Json json(const WindowLimits& limits) {
        Writer inner;
        each_field(limits, inner);
        return inner.take();
    }

    Json object_ = Json::object();
};

/// Takes a row's fields out of its object. An optional field may be absent, all others must be there.
class Reader {
  public:
    explicit Reader(Json::object_t& object) : object_(object) {}

    template <class Field> void operator()(const char* name, Field& field) {
        if (object_.find(name) == object_.end()) return fail("'" + std::string(name) + "' is missing");
        take(name, field);
    }
    template <class Field> void operator()(const char* name, std::optional<Field>& field) {
        field.reset();
        if (object_.find(name) != object_.end()) take(name, field.emplace());
    }
    /// Empty when every field was right and none is left.
    std::string finish() {
        if (!object_.empty()) fail("'" + printable(object_.begin()->first, 60) + "' is unknown");
        return std::move(error_);
    }

  private:
    void fail(const std::string& what) {
        if (error_.empty()) error_ = what;
    }
    template <class Field> void take(const char* name, Field& field) {
        const auto found = object_.find(name);
        if (!read(found->second, field)) fail("'" + std::string(name) + "' is malformed");
        object_.erase(found);
    }

    template <class Field, class Parse> static bool parsed(const Json& json, Field& field, Parse&& parse) {
        const auto* text = json.get_ptr<const std::string*>();
        if (text == nullptr) return false;
        const auto result = parse(*text);
        if (!result) return false;
        field = *result;
        return true;
    }
    static bool read(const Json& json, std::string& field) {
        const auto* text = json.get_ptr<const std::string*>();
        if (text == nullptr) return false;
        field = *text;
        return true;
    }
    static bool read(const Json& json, bool& field) {
        if (!json.is_boolean()) return false;
        field = json.get<bool>();
        return true;
    }
    static bool read(const Json& json, std::uint32_t& field) {
        if (!json.is_number_unsigned()) return false;
        const auto number = json.get<std::uint64_t>();
        field = static_cast<std::uint32_t>(number);
        return number <= std::numeric_limits<std::uint32_t>::max();
    }
    static bool read(const Json& json, std::int64_t& field) {
        if (!json.is_number_integer()) return false;
        if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
            return false;
        field = json.get<std::int64_t>();
        return true;
    }
    static bool read(const Json& json, Class& field) { return parsed(json, field, parse_class); }
    static bool read(const Json& json, Level& field) { return parsed(json, field, parse_level); }
    static bool read(const Json& json, Scope& field) { return parsed(json, field, parse_scope); }
    static bool read(const Json& json, Cidr& field) { return parsed(json, field, Cidr::parse); }
    static bool read(const Json& json, Time& field) { return parsed(json, field, parse_rfc3339); }
    static bool read(const Json& json, WindowLimits& field) {
        const auto* object = json.get_ptr<const Json::object_t*>();
        if (object == nullptr) return false;
        Json::object_t copy = *object;
        Reader inner(copy);
        each_field(field, inner);
        return inner.finish().empty();
    }

    Json::object_t& object_;
    std::string error_;
};

template <class Row> void write_rows(std::string& out, const char* name, const std::vector<Row>& rows) {
    out += ",\n\"";
    out += name;
    out += "\":[";
    const char* before = "\n";
    for (const Row& row : rows) {
        Writer writer;
        each_field(row, writer);
        out += before;
        out += writer.take().dump(-1, ' ', false, Json::error_handler_t::replace);
        before = ",\n";
    }
    out += ']';
}

/// Collects rows while the file is being parsed.
class Collector {
  public:
    std::string error;
    Directory::Rows rows;
    std::vector<Quarantine> quarantine;

    /// Parser callback: false = the value has been used up.
    bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::key && depth == 1) {
            table_ = parsed.get<std::string>();
            row_ = 0;
        }
        if (event != Json::parse_event_t::object_end || depth != 2) return true;
        ++row_;
        auto* object = parsed.get_ptr<Json::object_t*>();
        if (object == nullptr || !error.empty()) return false;
        if (table_ == "plans") return row(*object, rows.plans);
        if (table_ == "subscribers") return row(*object, rows.subscribers);
        if (table_ == "accounts") return row(*object, rows.accounts);
        if (table_ == "networks") return row(*object, rows.networks);
        if (table_ == "quarantine") return row(*object, quarantine);
        return true; // found again at the end, as an unknown table
    }

  private:
    template <class Row> bool row(Json::object_t& object, std::vector<Row>& into) {
        Reader reader(object);
        each_field(into.emplace_back(), reader);
        if (const std::string wrong = reader.finish(); !wrong.empty())
            error = table_ + " row " + std::to_string(row_) + ": " + wrong;
        return false;
    }

    std::string table_;
    std::size_t row_ = 0;
};

// What the parser left: the version and, of each table, an array without rows.
std::string problem_of_frame(const Json& json) {
    if (!json.is_object()) return "it is not one JSON object";
    const auto found = json.find("version");
    if (found == json.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() != version)
        return "'version' is not " + std::to_string(version);
    const char* const tables[] = {"plans", "subscribers", "accounts", "networks", "quarantine"};
    for (const char* table : tables) {
        const auto array = json.find(table);
        if (array == json.end()) return "'" + std::string(table) + "' is missing";
        if (!array->is_array() || !array->empty())
            return "'" + std::string(table) + "' is not a list of rows";
    }
    for (const auto& item : json.items())
        if (item.key() != "version" &&
            std::find(std::begin(tables), std::end(tables), item.key()) == std::end(tables))
            return "'" + printable(item.key(), 60) + "' is unknown";
    return {};
}

} // namespace

std::string to_json(const Snapshot& snapshot) {
    const Directory::Rows& rows = snapshot.directory->rows();
    std::string out = "{\"version\":" + std::to_string(version);
    write_rows(out, "plans", rows.plans);
    write_rows(out, "subscribers", rows.subscribers);
    write_rows(out, "accounts", rows.accounts);
    write_rows(out, "networks", rows.networks);
    write_rows(out, "quarantine", snapshot.quarantine->entries());
    out += "}\n";
    return out;
}

Result<Snapshot> from_json(std::string_view text) {
    Collector collector;
    const Json json = Json::parse(text, std::ref(collector), false);
    if (json.is_discarded()) return Error("snapshot: it is not JSON, or it is cut off");
    std::string problem = std::move(collector.error);
    if (problem.empty()) problem = problem_of_frame(json);
    if (!problem.empty()) return Error("snapshot: " + problem);
    Snapshot snapshot;
    snapshot.directory = std::make_shared<const Directory>(std::move(collector.rows));
    snapshot.quarantine = std::make_shared<const QuarantineList>(std::move(collector.quarantine));
    return snapshot;
}

} // namespace lazaret::subscriber
