// ReplyReader: the same replies whatever the pieces, bounded, and harmless when passed on. First octet: size
// of the pieces.

#include "fuzz/check.hpp"
#include "smtp/client.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using lazaret::fuzz::check;
using namespace lazaret::smtp;

namespace {

struct Seen {
    std::vector<Reply> replies;
    bool fault = false;
    bool operator==(const Seen&) const = default;
};

Seen read(std::string_view input, std::size_t piece) {
    ReplyReader reader;
    Seen seen;
    for (std::size_t at = 0; at < input.size() && !seen.fault; at += piece) {
        std::string part(input.substr(at, piece)); // its own block: reading past it is seen
        while (!part.empty() && !seen.fault) {
            part.erase(0, reader.feed(part));
            if (reader.state() == ReplyReader::State::complete) seen.replies.push_back(reader.take());
            seen.fault = reader.state() == ReplyReader::State::fault;
            check(part.empty() || seen.fault || reader.idle(), "a reader takes all it can");
        }
    }
    return seen;
}

void check_passed_on(const Reply& reply) {
    std::string wire;
    reply.with_enhanced().append_to(wire);
    std::size_t begin = 0;
    while (begin < wire.size()) {
        const std::size_t end = wire.find("\r\n", begin);
        check(end != std::string::npos && end - begin <= 510, "lines of at most 512 octets, ended by CRLF");
        check(std::all_of(wire.begin() + static_cast<std::ptrdiff_t>(begin),
                          wire.begin() + static_cast<std::ptrdiff_t>(end),
                          [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; }),
              "only octets that a client can bear");
        begin = end + 2;
    }
    const Seen back = read(wire, wire.size());
    const bool short_enough = std::count(wire.begin(), wire.end(), '\n') <= 200 && wire.size() < 65536;
    check(!short_enough ||
              (!back.fault && back.replies.size() == 1 && back.replies[0].code() == reply.code()),
          "one reply stays one reply");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    const Seen seen = read(input, 1 + data[0]);
    check(seen == read(input, size), "pieces make no difference");
    for (const Reply& reply : seen.replies) {
        check(reply.code() >= 200 && reply.code() <= 599, "codes are in range");
        check(reply.text().size() <= 65536, "text is bounded");
        parse_ehlo(reply);
        check_passed_on(reply);
    }
    return 0;
}
