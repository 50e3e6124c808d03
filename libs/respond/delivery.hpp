#pragma once
// One attempt to deliver a webhook, and what follows from its result. No redirects: a ticket goes where the
// administrator sent it.

#include "core/time.hpp"
#include "net/deadlines.hpp"
#include "net/http_client.hpp"
#include "respond/signature.hpp"
#include "store/outbox.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::respond {

/// Where tickets go. Immutable after start.
struct Target {
    net::Url url;
    std::optional<Secret> secret; ///< empty: not signed
    std::shared_ptr<const net::TlsContext> tls;
    Duration timeout = std::chrono::seconds(15);
};

/// How long to wait before the attempt after the `attempts`-th: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20
/// h, then 24 h for ever, each up to a tenth longer (`jitter` from 0 to 1), so that what failed together does
/// not come back together. A ticket system may be down for a week, and its tickets are still wanted.
Duration wait_after(int attempts, double jitter);

enum class Fate { delivered, retry, dead };
struct Decision {
    Fate fate = Fate::retry;
    std::string error;
    Duration wait{};
    std::string ticket; ///< delivered: the ticket's number, where the answer names one

    Decision() = default;
    Decision(Fate f, std::string e, Duration w = {}) : fate(f), error(std::move(e)), wait(w) {}
};
/// The number in a ticket system's JSON answer: its member "ticket", else "number", else "id", a text or whole number of at
/// most 64 characters. "" where there is none.
std::string ticket_number(std::string_view body);

/// 2xx is success, 410 ends it, Retry-After (seconds) lengthens the wait up to a day.
Decision decide(const Result<net::HttpResponse>& answer, int attempts, double jitter);

/// Sends it once and says what follows.
net::task<Decision> attempt(store::OutboxMessage message, const Target& target, Time at,
                            net::Deadlines& deadlines);

} // namespace lazaret::respond
