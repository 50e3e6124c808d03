#pragma once
// What others can make happen as often as they like, told without a flood: of each key the first few of a minute one by one,
// the others as one count when the minute is over. Pure and bounded. Any thread may call.

#include "core/guarded.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace lazaret {

/// `Key` is ordered; a Key() stands for what there were too many of to be told apart. `Sample` is what is known of one of those
/// that were counted.
template <class Key, class Sample> class Coalesced {
  public:
    static constexpr std::uint32_t singly = 5;       ///< told one by one, per minute
    static constexpr std::size_t most_keys = 10'000; ///< told apart; others share one count

    struct Count {
        Sample sample;
        std::uint32_t times = 0;
    };

    /// True: tell this one as it is. False: it is counted. `sample(is_shared)` is called for the first that is counted;
    /// is_shared: the count is of many keys.
    template <class Make> bool add(const Key& key, Time now, Make&& sample) {
        return state_.with([&](State& state) {
            if (state.minutes.empty()) state.begun = now;
            auto found = state.minutes.find(key);
            const bool is_shared = found == state.minutes.end() && state.minutes.size() >= most_keys;
            if (found == state.minutes.end()) found = state.minutes.try_emplace(is_shared ? Key() : key).first;
            Minute& minute = found->second;
            if (minute.told < singly && !is_shared) {
                ++minute.told;
                return true;
            }
            if (minute.counted.times++ == 0) minute.counted.sample = sample(is_shared);
            return false;
        });
    }

    /// What was counted since the last call that gave something; call every second or so. `all`: although the minute is not over.
    std::vector<Count> due(Time now, bool all = false) {
        return state_.with([&](State& state) {
            std::vector<Count> out;
            if (!all && now >= state.begun && now - state.begun < std::chrono::minutes(1)) return out;
            for (auto& [key, minute] : state.minutes)
                if (minute.counted.times > 0) out.push_back(std::move(minute.counted));
            state.minutes.clear();
            return out;
        });
    }

  private:
    struct Minute {
        std::uint32_t told = 0;
        Count counted;
    };
    struct State {
        Time begun{};
        std::map<Key, Minute> minutes;
    };
    Guarded<State> state_;
};

} // namespace lazaret
