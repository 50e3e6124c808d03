// rspamd's replies, the HTTP around them, and requests with whatever words of a client. First octet: size of the pieces.

#include "fuzz/outcome.hpp"
#include "scan/rspamd_protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using lazaret::fuzz::check;
using lazaret::scan::rspamd::Response;

Response read(std::string_view input, std::size_t piece) {
    Response response;
    for (std::size_t at = 0; at < input.size(); at += piece)
        response.feed(std::string(input.substr(at, piece))); // its own block: reading past it is seen
    response.end();
    return response;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret::scan;
    if (size < 1) return 0;
    const std::string input(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto pieces = read(input, 1 + data[0]), whole = read(input, std::max<std::size_t>(1, input.size()));
    check(whole.state() != Response::State::reading, "the end is the end");
    check(pieces.state() == whole.state(), "pieces make no difference");
    if (whole.state() == Response::State::whole) {
        check(pieces.body() == whole.body() && pieces.status() == whole.status(), "pieces make no difference to what it says");
        check(whole.status() / 100 != 1, "interim responses are none");
        lazaret::fuzz::check_outcome(rspamd::parse_reply(whole.status(), whole.body()), "rspamd.");
    } else {
        check(!whole.reason().empty(), "what is broken says why");
    }
    lazaret::fuzz::check_outcome(rspamd::parse_reply(200, input), "rspamd.");

    Envelope envelope;
    envelope.helo = envelope.reverse_name = envelope.sender = envelope.account = envelope.trace_id = input;
    envelope.tls_version = envelope.tls_cipher = input;
    envelope.recipients = {input, input};
    const auto head = rspamd::request(envelope, size, input);
    const auto lines = std::count(head.begin(), head.end(), '\n');
    check(lines >= 9 && lines <= 16, "a value is one line");
    check(std::count(head.begin(), head.end(), '\r') == lines, "no line ends of others");
    check(head.find('\0') == head.npos, "no zero octets");
    check(head.size() < 16 * rspamd::max_value + 1000, "a request is bounded");
    return 0;
}
