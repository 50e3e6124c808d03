#include "event/event.hpp"

#include "core/names.hpp"

#include <array>

namespace lazaret::event {

namespace {

constexpr std::array<Name<Type>, 5> types{{{Type::connection_refused, "connection_refused"},
                                           {Type::login_failed, "login_failed"},
                                           {Type::message_relayed, "message_relayed"},
                                           {Type::message_refused, "message_refused"},
                                           {Type::delivery_result, "delivery_result"}}};

constexpr std::array<Name<RefusedBy>, 8> refusers{{{RefusedBy::nobody, "nobody"},
                                                   {RefusedBy::quarantine, "quarantine"},
                                                   {RefusedBy::limit, "limit"},
                                                   {RefusedBy::content, "content"},
                                                   {RefusedBy::next_hop, "next_hop"},
                                                   {RefusedBy::protocol, "protocol"},
                                                   {RefusedBy::rights, "rights"},
                                                   {RefusedBy::unavailable, "unavailable"}}};

constexpr std::array<Name<DeliveryStatus>, 5> statuses{{{DeliveryStatus::none, "none"},
                                                        {DeliveryStatus::sent, "sent"},
                                                        {DeliveryStatus::deferred, "deferred"},
                                                        {DeliveryStatus::bounced, "bounced"},
                                                        {DeliveryStatus::expired, "expired"}}};

} // namespace

std::string_view to_string(Type type) {
    return name_of(types, type);
}
Result<Type> parse_type(std::string_view text) {
    return value_of(types, text, "a type of event");
}

std::string_view to_string(RefusedBy who) {
    return name_of(refusers, who);
}
Result<RefusedBy> parse_refused_by(std::string_view text) {
    return value_of(refusers, text, "one who refuses messages");
}

std::string_view to_string(DeliveryStatus status) {
    return name_of(statuses, status);
}
Result<DeliveryStatus> parse_delivery_status(std::string_view text) {
    return value_of(statuses, text, "a delivery status");
}

} // namespace lazaret::event
