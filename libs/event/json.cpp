// The JSON line of an event. Written by hand, once per message; read with nlohmann/json, strictly.

#include "core/text.hpp"
#include "event/event.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace lazaret::event {

namespace {

using Json = nlohmann::json;

// What is a hash is written as 16 hex digits: JSON readers keep 53 bits of a number.
template <class U> struct Hash { U& value; };

/// Every field but `at` and `type`, which are never left out. One list for both directions, in the header's
/// order.
template <class AnyEvent, class Visit> void each_field(AnyEvent& e, Visit&& visit) {
    using Number = std::remove_reference_t<decltype((e.sender_hash))>;
    visit("trace", e.trace);
    visit("subscriber", e.subscriber);
    visit("account", e.account);
    visit("client", e.client);
    visit("listener", e.listener);
    visit("helo", e.helo);
    visit("sender_hash", Hash<Number>{e.sender_hash});
    visit("sender_domain", e.sender_domain);
    visit("null_sender", e.null_sender);
    visit("spf", e.spf);
    visit("recipients", e.recipients);
    visit("recipients_refused", e.recipients_refused);
    visit("recipients_nonexistent", e.recipients_nonexistent);
    visit("size", e.size);
    visit("message_id_hash", Hash<Number>{e.message_id_hash});
    visit("fingerprint", Hash<Number>{e.fingerprint});
    visit("uri_hosts", e.uri_hosts);
    visit("agent_hash", Hash<Number>{e.agent_hash});
    visit("refused_by", e.refused_by);
    visit("reason", e.reason);
    visit("findings", e.findings);
    visit("reply_code", e.reply_code);
    visit("enhanced", e.enhanced);
    visit("delivery", e.delivery);
    visit("remote_host", e.remote_host);
    visit("exhibit", e.exhibit);
}

// An event with an octet that the database refuses would block all that come after it.
bool is_clean(std::string_view text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    return std::none_of(text.begin(), text.end(), control) && is_valid_utf8(text);
}

/// Likewise, in lines.
bool is_clean_text(std::string_view text) {
    const auto lines = split(text, '\n');
    return std::all_of(lines.begin(), lines.end(), is_clean);
}

class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    void operator()(const char* name, const TraceId& id) { text_field(name, id.view()); }
    void operator()(const char* name, const std::string& text) { text_field(name, text); }
    void operator()(const char* name, RefusedBy who) {
        if (who != RefusedBy::nobody) text_field(name, to_string(who));
    }
    void operator()(const char* name, DeliveryStatus status) {
        if (status != DeliveryStatus::none) text_field(name, to_string(status));
    }
    void operator()(const char* name, const std::optional<spf::Verdict>& verdict) {
        if (verdict) text_field(name, to_string(*verdict));
    }
    void operator()(const char* name, const IpAddress& address) {
        if (address != IpAddress()) text_field(name, address.to_string());
    }
    void operator()(const char* name, bool flag) {
        if (flag) key(name), out_ += "true";
    }
    template <class Number>
    requires std::is_integral_v<Number>
    void operator()(const char* name, Number number) {
        if (number > 0) key(name), out_ += std::to_string(number);
    }
    void operator()(const char* name, Hash<const std::uint64_t> hash) {
        if (hash.value != 0) key(name), put_hash(hash.value);
    }
    void operator()(const char* name, const std::vector<Recipient>& recipients) {
        if (recipients.empty()) return;
        key(name);
        char before = '[';
        for (const Recipient& recipient : recipients) {
            out_ += std::exchange(before, ',');
            out_ += "{\"hash\":";
            put_hash(recipient.hash);
            out_ += ",\"domain\":";
            put_text(recipient.domain);
            out_ += '}';
        }
        out_ += ']';
    }
    void operator()(const char* name, const std::vector<std::uint64_t>& hashes) {
        if (hashes.empty()) return;
        key(name);
        char before = '[';
        for (const auto hash : hashes) {
            out_ += std::exchange(before, ',');
            put_hash(hash);
        }
        out_ += ']';
    }
    void operator()(const char* name, const std::vector<std::string>& texts) {
        if (texts.empty()) return;
        key(name);
        char before = '[';
        for (const std::string& text : texts) {
            out_ += std::exchange(before, ',');
            put_text(text);
        }
        out_ += ']';
    }
    void operator()(const char* name, const std::optional<Exhibit>& exhibit) {
        if (!exhibit) return;
        key(name);
        Writer inner(out_);
        const auto part = [&](const char* which, std::string_view text) {
            if (!text.empty()) inner.key(which), inner.put_lines(text);
        };
        part("header", exhibit->header);
        part("excerpt", exhibit->excerpt);
        inner.text_field("original", base64_encode(exhibit->original));
        out_ += inner.before_ == '{' ? "{}" : "}";
    }

    void text_field(const char* name, std::string_view text) {
        if (!text.empty()) key(name), put_text(text);
    }

  private:
    void key(const char* name) {
        out_ += std::exchange(before_, ',');
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }
    void put_text(std::string_view text) {
        if (!is_clean(text)) return put_text(printable(text, text.size()));
        out_ += '"';
        put_escaped(text);
        out_ += '"';
    }
    void put_escaped(std::string_view text) {
        for (const char c : text) {
            if (c == '"' || c == '\\') out_ += '\\';
            out_ += c;
        }
    }
    void put_lines(std::string_view text) {
        out_ += '"';
        bool is_first = true;
        for (const auto line : split(text, '\n')) {
            if (!std::exchange(is_first, false)) out_ += "\\n";
            put_escaped(is_clean(line) ? std::string(line) : printable(line, line.size()));
        }
        out_ += '"';
    }
    void put_hash(std::uint64_t value) {
        out_ += '"';
        for (int shift = 60; shift >= 0; shift -= 4)
            out_ += "0123456789abcdef"[value >> shift & 15];
        out_ += '"';
    }

    std::string& out_;
    char before_ = '{';
};

/// Takes the fields out of a JSON object; what is left at the end is unknown. Keeps the first error.
class Reader {
  public:
    explicit Reader(Json::object_t& object) : object_(object) {}

    template <class Field> void operator()(const char* name, Field&& field) {
        const auto found = object_.find(name);
        if (found == object_.end()) return;
        if (!read(found->second, field)) fail("'" + std::string(name) + "' is malformed");
        object_.erase(found);
    }
    template <class Field> void required(const char* name, Field& field) {
        if (object_.find(name) == object_.end()) fail("'" + std::string(name) + "' is missing");
        (*this)(name, field);
    }
    Result<void> finish() {
        if (error_.empty() && !object_.empty())
            fail("'" + printable(object_.begin()->first, 60) + "' is no field of an event");
        if (error_.empty()) return {};
        return Error(error_);
    }

  private:
    void fail(const std::string& what) {
        if (error_.empty()) error_ = "event: " + what;
    }

    static const std::string* text(const Json& json) {
        const auto* value = json.get_ptr<const std::string*>();
        return value != nullptr && is_clean(*value) ? value : nullptr;
    }
    // Sets `field` from what `parse` makes of the text.
    template <class Field, class Parse> static bool parsed(const Json& json, Field& field, Parse&& parse) {
        const auto* value = text(json);
        if (value == nullptr) return false;
        const auto result = parse(*value);
        if (!result) return false;
        field = *result;
        return true;
    }

    static bool read(const Json& json, std::string& field) {
        const auto* value = text(json);
        if (value != nullptr) field = *value;
        return value != nullptr;
    }
    static bool read(const Json& json, bool& field) {
        if (!json.is_boolean()) return false;
        field = json.get<bool>();
        return true;
    }
    template <class Number>
    requires std::is_integral_v<Number>
    static bool read(const Json& json, Number& field) {
        if (!json.is_number_unsigned()) return false;
        const auto value = json.get<std::uint64_t>();
        if (value > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) return false;
        field = static_cast<Number>(value);
        return true;
    }
    static bool read(const Json& json, Hash<std::uint64_t> field) {
        const auto* value = text(json);
        if (value == nullptr || value->size() != 16) return false;
        const auto [end, problem] = std::from_chars(value->data(), value->data() + 16, field.value, 16);
        return problem == std::errc() && end == value->data() + 16;
    }
    static bool read(const Json& json, TraceId& field) { return parsed(json, field, TraceId::parse); }
    static bool read(const Json& json, IpAddress& field) { return parsed(json, field, IpAddress::parse); }
    static bool read(const Json& json, Time& field) { return parsed(json, field, parse_rfc3339); }
    static bool read(const Json& json, Type& field) { return parsed(json, field, parse_type); }
    static bool read(const Json& json, RefusedBy& field) { return parsed(json, field, parse_refused_by); }
    static bool read(const Json& json, std::optional<spf::Verdict>& field) { return parsed(json, field, spf::parse_verdict); }
    static bool read(const Json& json, DeliveryStatus& field) {
        return parsed(json, field, parse_delivery_status);
    }
    static bool read(const Json& json, Recipient& field) {
        const auto* object = json.get_ptr<const Json::object_t*>();
        if (object == nullptr || object->size() != 2) return false;
        const auto hash = object->find("hash"), domain = object->find("domain");
        return hash != object->end() && domain != object->end() &&
               read(hash->second, Hash<std::uint64_t>{field.hash}) && read(domain->second, field.domain);
    }
    static bool read(const Json& json, std::optional<Exhibit>& field) {
        const auto* object = json.get_ptr<const Json::object_t*>();
        if (object == nullptr) return false;
        Exhibit exhibit;
        for (const auto& [name, value] : *object) {
            const auto* said = value.get_ptr<const std::string*>();
            if (said == nullptr || !is_clean_text(*said)) return false;
            if (name == "header") exhibit.header = *said;
            else if (name == "excerpt") exhibit.excerpt = *said;
            else if (auto octets = base64_decode(*said); name == "original" && octets) exhibit.original = std::move(*octets);
            else return false;
        }
        field = std::move(exhibit);
        return true;
    }
    static bool read(const Json& json, std::vector<std::uint64_t>& hashes) {
        if (!json.is_array() || json.size() > most_uri_hosts) return false;
        hashes.resize(json.size());
        for (std::size_t i = 0; i < hashes.size(); ++i)
            if (!read(json[i], Hash<std::uint64_t>{hashes[i]})) return false;
        return true;
    }
    template <class Item> static bool read(const Json& json, std::vector<Item>& field) {
        if (!json.is_array()) return false;
        field.resize(json.size());
        for (std::size_t i = 0; i < field.size(); ++i)
            if (!read(json[i], field[i])) return false;
        return true;
    }

    Json::object_t& object_;
    std::string error_;
};

} // namespace

std::string to_json(const Event& event) {
    std::string out;
    out.reserve(512 + 64 * event.recipients.size());
    Writer write(out);
    write("sequence", event.sequence);
    write.text_field("at", format_rfc3339(event.at));
    write.text_field("type", to_string(event.type));
    each_field(event, write);
    out += '}';
    return out;
}

Result<Event> from_json(std::string_view line) {
    Json json = Json::parse(line, nullptr, false);
    auto* object = json.get_ptr<Json::object_t*>();
    if (object == nullptr) return Error("event: the line is not a JSON object");
    Event event;
    Reader read(*object);
    read("sequence", event.sequence);
    read.required("at", event.at);
    read.required("type", event.type);
    each_field(event, read);
    if (const auto done = read.finish(); !done) return done.error();
    return event;
}

} // namespace lazaret::event
