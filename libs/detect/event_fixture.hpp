#pragma once
// Events of one subscriber, as the tests of detection want them.

#include "event/event.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace lazaret::detect::test {

using namespace std::chrono_literals;
using event::DeliveryStatus;
using event::RefusedBy;
using event::Type;

inline const Time start = parse_rfc3339("2026-01-05T08:00:00Z").value();

inline event::Event relayed(Time at, std::uint64_t first_recipient = 1, std::size_t recipients = 1) {
    event::Event e;
    e.type = Type::message_relayed;
    e.at = at;
    e.trace = TraceId::make(at);
    e.subscriber = "s1";
    e.sender_hash = 77;
    e.helo = "pia-pc";
    e.client = IpAddress::parse("192.0.2.1").value();
    for (std::size_t i = 0; i < recipients; ++i)
        e.recipients.emplace_back(first_recipient + i, "example.net");
    return e;
}

inline event::Event refused(Time at, RefusedBy who, std::string reason = "rule1") {
    event::Event e = relayed(at);
    e.type = Type::message_refused;
    e.refused_by = who;
    e.reason = std::move(reason);
    return e;
}

inline event::Event result(Time at, const event::Event& of, bool fails) {
    event::Event e;
    e.type = Type::delivery_result;
    e.at = at;
    e.trace = of.trace;
    e.subscriber = of.subscriber;
    e.recipients.push_back(of.recipients.front());
    e.delivery = fails ? DeliveryStatus::bounced : DeliveryStatus::sent;
    e.enhanced = fails ? "5.1.1" : "2.0.0";
    return e;
}

} // namespace lazaret::detect::test
