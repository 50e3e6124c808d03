#include "detect/replay_event.hpp"

#include "detect/evidence.hpp"

#include <utility>

namespace lazaret::detect {

Recorded recorded(event::Event event) {
    Recorded line;
    line.at = event.at;
    line.subscriber = event.subscriber;
    line.message = event.trace.to_string();
    line.is_delivery = event.type == event::Type::delivery_result;
    line.is_sent = event.type == event::Type::message_relayed;
    line.sent = line.is_delivery && !event.trace.empty() ? begin_of(event.trace) : event.at;
    line.events.push_back(std::move(event));
    return line;
}

} // namespace lazaret::detect
