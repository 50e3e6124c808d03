#include "auth/dovecot.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::auth {
namespace {

constexpr std::uint64_t protocol_major = 1;
constexpr std::uint64_t highest_id = 0xFFFFFFFF;

/// Tabs and line ends inside a value stand behind an octet 1.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\001' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        switch (text[++i]) {
        case '0': out += '\0'; break;
        case '1': out += '\001'; break;
        case 't': out += '\t'; break;
        case 'r': out += '\r'; break;
        case 'n': out += '\n'; break;
        default: out += text[i];
        }
    }
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

/// RFC 4422 3.1.
bool is_mechanism(std::string_view name) {
    return !name.empty() && name.size() <= 20 &&
           name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == std::string_view::npos;
}

} // namespace

std::string Dovecot::greeting(std::uint32_t process_id) {
    return "VERSION\t1\t1\nCPID\t" + std::to_string(process_id) + "\n";
}

void Dovecot::fail(std::string reason) {
    state_ = State::broken;
    reason_ = std::move(reason);
    buffer_.clear();
}

void Dovecot::feed(std::string_view octets) {
    while (!octets.empty() && state_ != State::broken) {
        const auto end = octets.find('\n');
        buffer_.append(octets.substr(0, end));
        if (buffer_.size() > max_line) return fail("a line is too long");
        if (end == std::string_view::npos) return;
        octets.remove_prefix(end + 1);
        line(std::exchange(buffer_, {}));
    }
}

void Dovecot::line(std::string_view text) {
    const auto words = split(text, '\t');
    const auto verb = words.front();
    if (!version_seen_) {
        const auto major = words.size() >= 2 && verb == "VERSION" ? parse_unsigned(words[1]) : std::nullopt;
        if (major != protocol_major) return fail("it does not speak version 1 of the protocol");
        version_seen_ = true;
        return;
    }
    if (state_ == State::handshake) {
        if (verb == "DONE") {
            state_ = State::ready;
        } else if (verb == "MECH" && words.size() >= 2) {
            const auto name = upper(words[1]);
            const bool is_private = std::find(words.begin() + 2, words.end(), "private") != words.end();
            if (is_private || !is_mechanism(name) || mechanisms_.size() >= max_mechanisms) return;
            if (std::find(mechanisms_.begin(), mechanisms_.end(), name) == mechanisms_.end())
                mechanisms_.push_back(name);
        }
        return; // SPID, CUID, COOKIE: for other kinds of clients
    }
    if (verb == "OK") return reply(DovecotReply::Kind::ok, words);
    if (verb == "FAIL") return reply(DovecotReply::Kind::fail, words);
    if (verb == "CONT") return reply(DovecotReply::Kind::go_on, words);
}

void Dovecot::reply(DovecotReply::Kind kind, const std::vector<std::string_view>& words) {
    const auto id = words.size() >= 2 ? parse_unsigned(words[1]) : std::nullopt;
    if (!id || *id > highest_id) return fail("a reply has no number");
    DovecotReply out;
    out.id = static_cast<std::uint32_t>(*id);
    out.kind = kind;
    if (kind == DovecotReply::Kind::go_on) {
        if (words.size() >= 3) out.data = words[2];
        if (!base64_decode(out.data)) return fail("a challenge is not base64");
    } else {
        for (auto word = words.begin() + 2; word != words.end(); ++word) {
            if (word->starts_with("user=")) out.user = unescape(word->substr(5));
            if (*word == "temp" || *word == "code=temp_fail") out.temporary = true;
        }
    }
    replies_.push_back(std::move(out));
}

std::optional<DovecotReply> Dovecot::next() {
    if (given_ == replies_.size()) {
        replies_.clear();
        given_ = 0;
        return std::nullopt;
    }
    return std::move(replies_[given_++]);
}

std::string Dovecot::begin(std::uint32_t id, std::string_view mechanism, const DovecotClient& client,
                           const std::optional<std::string>& response) {
    std::string out = "AUTH\t" + std::to_string(id) + "\t" + std::string(mechanism) + "\tservice=smtp\tnologin\tsecured";
    if (!client.local.is_unspecified())
        out += "\tlip=" + client.local.to_string() + "\tlport=" + std::to_string(client.local_port);
    out += "\trip=" + client.remote.to_string() + "\trport=" + std::to_string(client.remote_port);
    if (response) out += "\tresp=" + base64_encode(*response); // the last one: the protocol says so
    return out + "\n";
}

std::string Dovecot::go_on(std::uint32_t id, std::string_view response) {
    return "CONT\t" + std::to_string(id) + "\t" + base64_encode(response) + "\n";
}

std::string Dovecot::cancel(std::uint32_t id) {
    return "CANCEL\t" + std::to_string(id) + "\n";
}

} // namespace lazaret::auth
