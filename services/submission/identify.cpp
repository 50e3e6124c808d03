// Step 3: which subscriber is this? By account on the submission ports, by network on the relay port. Asked again at each
// MAIL, so that an account or network that is gone from the snapshot stops within one transaction.

#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"
#include "subscriber/address_subject.hpp"

namespace lazaret::submission {

namespace replies = smtp::replies;

namespace {

subscriber::Plan find_plan(const subscriber::Directory& directory, const std::string& name, const std::string& fallback) {
    if (const auto* plan = directory.plan(name)) return *plan;
    if (const auto* plan = directory.plan(fallback)) return *plan;
    // No such plan anywhere: the strictest answer is none at all, and the configuration check names the cause.
    subscriber::Plan nothing;
    nothing.name = fallback;
    nothing.messages.per_day = 0;
    return nothing;
}

} // namespace

bool Session::identify_network() {
    const auto directory = worker_.node().snapshot()->directory;
    const auto* network = directory->network(stream_.peer_address());
    if (!network || !network->relay) return false;
    Identity who;
    who.klass = network->klass;
    std::string plan = network->plan;
    if (network->subscriber.empty()) {
        who.subscriber = subscriber::address_subject(stream_.peer_address());
    } else {
        who.subscriber = network->subscriber;
        if (const auto* known = directory->subscriber(network->subscriber)) {
            who.klass = known->klass;
            if (plan.empty()) plan = known->plan;
        }
    }
    who.plan = find_plan(*directory, plan, config().limits.default_plan);
    identity_ = std::move(who);
    return true;
}

std::optional<smtp::Reply> Session::identify() {
    if (port_ == Port::relay) {
        if (identify_network()) return std::nullopt;
        return replies::not_permitted(stream_.peer_address().to_string());
    }
    const auto directory = worker_.node().snapshot()->directory;
    const auto* account = directory->account(identity_.account);
    if (!account) return replies::auth_required();
    const auto* known = directory->subscriber(account->subscriber);
    identity_.subscriber = account->subscriber;
    identity_.klass = known ? known->klass : subscriber::Class::dynamic;
    identity_.plan = find_plan(*directory, known ? known->plan : "", config().limits.default_plan);
    return std::nullopt;
}

} // namespace lazaret::submission
