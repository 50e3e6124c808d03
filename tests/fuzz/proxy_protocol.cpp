// ProxyHeader: the same header whatever the pieces; a reader that asks what it may read takes nothing of the client's.
// First octet: size of the pieces.

#include "fuzz/check.hpp"
#include "net/proxy_protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

using lazaret::fuzz::check;
using lazaret::net::ProxyHeader;
using State = ProxyHeader::State;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t piece = data[0] == 0 ? 1 : data[0];
    const std::string input(reinterpret_cast<const char*>(data + 1), size - 1);
    ProxyHeader whole, pieces, asked;
    const auto taken = whole.feed(input);
    std::size_t at = 0;
    while (at < input.size() && pieces.state() == State::need_more) {
        const std::string part = input.substr(at, piece); // its own block: reading past it is seen
        at += pieces.feed(part);
    }
    check(pieces.state() == whole.state() && pieces.source() == whole.source(), "pieces make no difference");
    check(at == taken || whole.state() == State::malformed, "nor to what is left for the client");
    std::size_t got = 0;
    while (got < input.size() && asked.state() == State::need_more) {
        const auto wanted = std::min(asked.wanted(), input.size() - got);
        check(wanted > 0, "there is always something to wait for");
        check(asked.feed(input.substr(got, wanted)) == wanted, "what is wanted is taken");
        got += wanted;
    }
    check(asked.state() == whole.state(), "asking makes no difference");
    if (whole.state() == State::complete) check(got == taken, "the client's octets are the client's");
    if (whole.state() == State::need_more) check(input.size() < 16 + ProxyHeader::longest_v2, "a header ends");
    check(!whole.source() || whole.state() == State::complete, "no address without a header");
    return 0;
}
