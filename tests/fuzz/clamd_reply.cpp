// clamd's replies: whatever they hold, an outcome within its bounds, and a verdict only where one was said.

#include "fuzz/outcome.hpp"
#include "scan/clamd_protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    const std::string input(reinterpret_cast<const char*>(data), size); // its own block: reading past it is seen
    const auto outcome = lazaret::scan::clamd::parse_reply(input);
    lazaret::fuzz::check_outcome(outcome, "clamav.");
    const bool found = outcome.state == lazaret::scan::Outcome::State::found;
    check(found == (outcome.findings.size() == 1), "what is found has one name");
    check(!found || input.find("FOUND") != input.npos, "nobody is accused for nothing");
    check(outcome.state != lazaret::scan::Outcome::State::clean || input.find("OK") != input.npos, "nothing passes for nothing");
    const auto version = lazaret::scan::clamd::parse_version(input);
    if (!version) return 0;
    check(version->engine.size() <= 40 && !version->engine.empty(), "the engine's name is bounded");
    check(!version->built || version->age(*version->built) == lazaret::Duration::zero(), "an age has a beginning");
    check(!version->built || !lazaret::format_rfc3339(*version->built).empty(), "a date can be told");
    return 0;
}
