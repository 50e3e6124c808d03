// Dovecot's side of its authentication protocol: the same replies whatever the pieces, bounded, and what we write stays
// one line. First octet: size of the pieces.

#include "auth/dovecot.hpp"
#include "core/text.hpp"
#include "fuzz/check.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using lazaret::fuzz::check;
using namespace lazaret;
using namespace lazaret::auth;

namespace {

struct Seen {
    std::string replies;
    std::vector<std::string> mechanisms;
    Dovecot::State state = Dovecot::State::handshake;
    bool operator==(const Seen&) const = default;
};

Seen read(std::string_view input, std::size_t piece) {
    Dovecot protocol;
    Seen seen;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        protocol.feed(std::string(input.substr(at, piece))); // its own block: reading past it is seen
        while (auto reply = protocol.next()) {
            check(protocol.state() != Dovecot::State::handshake, "no reply before the handshake");
            check(reply->kind != DovecotReply::Kind::go_on || bool(base64_decode(reply->data)), "challenges are base64");
            seen.replies += std::to_string(reply->id) + static_cast<char>('a' + static_cast<int>(reply->kind)) + reply->user + reply->data;
        }
    }
    seen.mechanisms = protocol.mechanisms();
    seen.state = protocol.state();
    check(seen.mechanisms.size() <= Dovecot::max_mechanisms, "mechanisms are bounded");
    return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    check(read(input, 1 + data[0]) == read(input, std::max<std::size_t>(1, input.size())), "pieces make no difference");
    const auto line = Dovecot::begin(1, "PLAIN", DovecotClient(), std::string(input)) + Dovecot::go_on(1, input);
    check(std::count(line.begin(), line.end(), '\n') == 2, "a request is one line");
    return 0;
}
