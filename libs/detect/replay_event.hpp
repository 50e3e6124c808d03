#pragma once
// The ISP's own history as a recording: an event of the table as the line that Replay takes. Stateless: where a recording needs to
// remember which message a result belongs to, an event says whose it is, and its trace when that was sent.

#include "detect/replay.hpp"

namespace lazaret::detect {

/// The message's name is its trace. A message that was refused then is no message that went out; whether it is evidence is
/// decided where the engine decides it. `event` must name a subscriber.
Recorded recorded(event::Event event);

} // namespace lazaret::detect
