#pragma once
// The decision about a transaction as a value: what happens, what the client is told, whose doing it is.

#include "event/event.hpp"
#include "smtp/reply.hpp"
#include "verdict/finding.hpp"

#include <string>
#include <utility>
#include <vector>

namespace lazaret::verdict {

/// Constructors on purpose: verdicts travel through coroutines (docs/hacking.md, compiler notes).
struct Verdict {
    enum class Kind { accept, defer, refuse, discard };
    Kind kind = Kind::accept;
    smtp::Reply reply; ///< of defer (4yz), refuse (5yz) and discard (250)
    event::RefusedBy by = event::RefusedBy::nobody; ///< of accept: content where that is why it is diverted
    std::string reason; ///< machine word: rule, limit or quarantine name
    std::vector<Finding> findings;
    bool tag = false, divert = false; ///< of accept: leaves with a mark, through the high-risk pool

    Verdict() = default;
    Verdict(Kind what, smtp::Reply answer, event::RefusedBy who, std::string why)
        : kind(what), reply(std::move(answer)), by(who), reason(std::move(why)) {}
    bool accepted() const { return kind == Kind::accept; }
};

/// Kind by the reply's first digit: 4yz defers, 5yz refuses. Any other reply is a bug and throws.
Verdict turn_away(smtp::Reply reply, event::RefusedBy who, std::string why);
std::string_view to_string(Verdict::Kind kind);

} // namespace lazaret::verdict
