// spamd's replies, and requests for whatever user: bounded outcomes, and a verdict only from a reply that is whole.

#include "fuzz/outcome.hpp"
#include "scan/spamd_protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    using State = lazaret::scan::Outcome::State;
    const std::string input(reinterpret_cast<const char*>(data), size); // its own block: reading past it is seen
    const auto outcome = lazaret::scan::spamd::parse_reply(input);
    lazaret::fuzz::check_outcome(outcome, "spamassassin.");
    if (outcome.state == State::clean || outcome.state == State::found) {
        check(input.find("SPAMD/") != input.npos && input.find('0') != input.npos, "a verdict comes with code 0");
        const auto head = input.substr(0, input.find(';'));
        check(lazaret::scan::spamd::parse_reply(head).state == State::failed, "half a verdict is none");
    }
    const auto request = lazaret::scan::spamd::request(size, input);
    check(std::count(request.begin(), request.end(), '\n') == (size > 0 ? 4 : 3), "a user is one field");
    check(request.size() < 200 && request.ends_with("\r\n\r\n"), "a request is bounded");
    return 0;
}
