#include "auth/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::auth {
namespace {

using namespace std::chrono_literals;
constexpr Duration half_life = 1h, first_pause = 1s, seen_lately = std::chrono::hours(7 * 24);
/// An hour after the last of a hundred thousand failures the count must be as low as after thirty.
constexpr double highest_level = 60;
/// Failures without a pause: of an address, a network, an account, and an account from one address.
constexpr std::array<double, 4> free_failures{16, 32, 20, 16};

Cidr network_of(const IpAddress& address) {
    return Cidr(address, address.is_v4() ? 24 : 64);
}

std::string_view octets(const IpAddress& address) {
    return {reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size()};
}

} // namespace

Backoff::Backoff(std::string key, Duration cap, std::size_t entries)
    : hash_(std::move(key)), cap_(cap),
      counts_{BoundedTable<Count>(entries), BoundedTable<Count>(entries), BoundedTable<Count>(entries),
              BoundedTable<Count>(entries)},
      seen_(4 * entries) {}

double Backoff::Count::at(Time now) const {
    const double halves = std::chrono::duration<double>(std::max(now - last, Duration::zero())) /
                          std::chrono::duration<double>(half_life);
    return level * std::exp2(-halves);
}

std::uint64_t Backoff::key(char tag, std::string_view a, std::string_view b) const {
    std::string text(1, tag);
    text.append(a).append(1, '\0').append(b);
    return std::max<std::uint64_t>(1, hash_(text));
}

Backoff::Keys Backoff::keys_of(const Attempt& attempt) const {
    Keys out{};
    if (!attempt.trusted) {
        out[address] = key('a', octets(attempt.client));
        out[network] = key('n', octets(network_of(attempt.client).base()));
    }
    if (!attempt.account.empty()) {
        out[account] = key('u', attempt.account);
        out[pair] = key('p', octets(client_key(attempt.client)), attempt.account);
    }
    return out;
}

Duration Backoff::pause(Kind kind, std::uint64_t key, Time now) {
    if (key == 0) return Duration::zero();
    const Count* count = counts_[kind].find(key);
    if (!count) return Duration::zero();
    const double excess = count->level - free_failures[kind];
    if (excess < 0) return Duration::zero();
    const double longest = std::chrono::duration<double>(cap_) / std::chrono::duration<double>(first_pause);
    const auto length = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(first_pause) * std::min(longest, std::exp2(std::min(excess, 40.0))));
    // A clock that is set back makes nobody wait longer than the pause is.
    return std::clamp(count->last + length - now, Duration::zero(), length);
}

bool Backoff::seen(std::uint64_t key, Time now) {
    const Seen* entry = seen_.find(key);
    return entry && now - entry->last < seen_lately;
}

Duration Backoff::wait(const Attempt& attempt, Time now) {
    if (cap_ <= Duration::zero()) return Duration::zero();
    const Keys keys = keys_of(attempt);
    const std::lock_guard lock(mutex_);
    const Duration own = pause(pair, keys[pair], now);
    if (!attempt.account.empty() && seen(keys[pair], now)) return own;
    Duration out = std::max({own, pause(address, keys[address], now), pause(network, keys[network], now)});
    const auto near = key('s', octets(network_of(attempt.client).base()), attempt.account);
    if (!attempt.account.empty() && !seen(near, now)) out = std::max(out, pause(account, keys[account], now));
    return out;
}

void Backoff::failed(const Attempt& attempt, std::string_view password, Time now) {
    if (cap_ <= Duration::zero()) return;
    const Keys keys = keys_of(attempt);
    const auto guess = password.empty() ? 0u : static_cast<std::uint32_t>(key('g', attempt.account, password) | 1);
    const std::lock_guard lock(mutex_);
    if (const Count* same = counts_[pair].find(keys[pair]); keys[pair] != 0 && same && guess != 0 && same->guess == guess)
        return;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        if (keys[kind] == 0) continue;
        auto& count = counts_[kind].place(keys[kind], [now](const Count& c) { return c.at(now); });
        count.level = static_cast<float>(std::min(highest_level, count.at(now) + 1));
        count.last = std::max(now, Time{});
        if (kind == pair) count.guess = guess;
    }
}

void Backoff::succeeded(const Attempt& attempt, Time now) {
    if (cap_ <= Duration::zero() || attempt.account.empty()) return;
    const Keys keys = keys_of(attempt);
    const std::lock_guard lock(mutex_);
    if (Count* own = counts_[pair].find(keys[pair])) {
        const double explained = own->at(now);
        for (const Kind kind : {address, network, account}) {
            Count* count = keys[kind] == 0 ? nullptr : counts_[kind].find(keys[kind]);
            // Worth at its own `last`, which stays: a pause that others have earned goes on.
            if (count) count->level = static_cast<float>(std::max(0.0, count->level - explained * (count->level / std::max(count->at(now), 1e-9))));
        }
        *own = Count();
    }
    const auto oldest = [](const Seen& s) { return s.last; };
    seen_.place(keys[pair], oldest).last = now;
    seen_.place(key('s', octets(network_of(attempt.client).base()), attempt.account), oldest).last = now;
}

} // namespace lazaret::auth
