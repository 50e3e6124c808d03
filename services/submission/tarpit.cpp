// Replies to a client that errs again and again come late.

#include "submission/tarpit.hpp"

#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

net::task<> Session::tarpit() {
    const auto delay = tarpit_delay(errors_, config().server.tarpit);
    if (delay == Duration::zero()) co_return;
    // Others shall not wait for the next hop's connection that is held for this one.
    if (transaction_ && transaction_->hop && transaction_->hop->holds_connection()) transaction_->hop->park();
    numbers().tarpitted.Increment();
    co_await stream_.pause(delay); // whoever has gone or was interrupted is noticed at the next read
}

} // namespace lazaret::submission
