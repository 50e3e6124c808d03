#pragma once
// Where a subscriber's mail comes from: its accounts and, for mail without login, its client addresses. A mailbox with a
// stolen password hardly shows behind a company with hundreds of them, so each is watched by itself as soon as there are
// several.

#include "detect/detector.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace lazaret::detect {

/// Parts are numbered by hash, so that nobody can make more of them than that; two may share a number, and a state.
inline constexpr std::uint16_t most_parts = 4096;

/// 1 to most_parts; 0: the event does not tell. IPv6 addresses of one /64 are one client.
std::uint16_t part_of(const event::Event& event);
/// The same in words: what of a subscriber's mail it is.
struct Part {
    subscriber::Scope scope = subscriber::Scope::address;
    std::string name; ///< a login, or an address; of IPv6 its /64
};
Part describe_part(const event::Event& event);
/// Under which a part's state is kept beside the subscriber's.
std::string part_id(const std::string& subscriber, std::uint16_t number);

/// A confinement reaches every submission node within this; what slips through until then was decided upon already.
inline constexpr Duration until_it_holds = std::chrono::seconds(2);

/// Finds the state kept under a subscriber's name or a part_id(), begun where there is none. It stays where it is until
/// the end of feed().
using StateOf = std::function<State&(const std::string& id)>;

/// Feeds an event to its subscriber and to the part of it that the event is of. The suspicion is against the part where
/// that alone is convicted, else against the subscriber as a whole; for backscatter against its mail without a sender.
std::optional<Suspicion> feed(const Detector& detector, const StateOf& state_of, Campaigns& campaigns,
                              const event::Event& event);

} // namespace lazaret::detect
