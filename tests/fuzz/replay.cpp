// Any recording must be read without a crash and within its bounds, and what is decided on it must be in
// order.

#include "detect/replay_run.hpp"
#include "fuzz/check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret;
    using fuzz::check;
    detect::ReplayPolicy policy;
    policy.confine_for = std::chrono::minutes(10);
    policy.confines = size % 4 != 0;
    detect::ReplayReader reader(10);
    detect::Replay replay(detect::Options(), policy);
    std::vector<detect::ReplayDecision> decisions;
    Time last{};
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto recorded = reader.read(line);
        if (!recorded) {
            check(!recorded.error().message.empty(), "a wrong line is explained");
            continue;
        }
        check(recorded->at >= last, "time does not go back");
        check(recorded->events.size() <= detect::ReplayReader::max_recipients,
              "events of a line are bounded");
        last = recorded->at;
        check(bool(replay.take(*recorded, decisions)), "few subscribers are never too many");
    }
    last = Time{};
    for (const auto& decision : decisions) {
        check(decision.at >= last && !decision.subscriber.empty(),
              "decisions are in order and name somebody");
        last = decision.at;
    }
    return 0;
}
