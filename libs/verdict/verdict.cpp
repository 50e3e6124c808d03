#include "verdict/verdict.hpp"

#include <stdexcept>

namespace lazaret::verdict {

Verdict turn_away(smtp::Reply reply, event::RefusedBy who, std::string why) {
    if (!reply.transient() && !reply.permanent())
        throw std::invalid_argument("turn_away: a refusal needs a reply of 4yz or 5yz");
    const auto kind = reply.transient() ? Verdict::Kind::defer : Verdict::Kind::refuse;
    return Verdict(kind, std::move(reply), who, std::move(why));
}

std::string_view to_string(Verdict::Kind kind) {
    switch (kind) {
    case Verdict::Kind::accept: return "accept";
    case Verdict::Kind::defer: return "defer";
    case Verdict::Kind::discard: return "discard";
    case Verdict::Kind::refuse: break;
    }
    return "refuse";
}

} // namespace lazaret::verdict
