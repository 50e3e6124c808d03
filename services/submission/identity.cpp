#include "submission/identity.hpp"

#include "subscriber/address_subject.hpp"

namespace lazaret::submission {

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

std::optional<Identity> identity_of_account(const subscriber::Directory& directory, const std::string& login,
                                            const std::string& default_plan) {
    const auto* account = directory.account(login);
    if (!account) return std::nullopt;
    const auto* known = directory.subscriber(account->subscriber);
    Identity who;
    who.account = login;
    who.subscriber = account->subscriber;
    if (known) who.klass = known->klass;
    who.plan = find_plan(directory, known ? known->plan : "", default_plan);
    return who;
}

std::optional<Identity> identity_of_network(const subscriber::Directory& directory, const IpAddress& address,
                                            const std::string& default_plan) {
    const auto* network = directory.network(address);
    if (!network) return std::nullopt;
    Identity who;
    who.klass = network->klass;
    std::string plan = network->plan;
    if (network->subscriber.empty()) {
        who.subscriber = subscriber::address_subject(address);
    } else {
        who.subscriber = network->subscriber;
        if (const auto* known = directory.subscriber(network->subscriber)) {
            who.klass = known->klass;
            if (plan.empty()) plan = known->plan;
        }
    }
    who.plan = find_plan(directory, plan, default_plan);
    return who;
}

Identity identity_of_address(const subscriber::Directory& directory, const IpAddress& address, const std::string& default_plan) {
    Identity who;
    who.subscriber = subscriber::address_subject(address);
    who.plan = find_plan(directory, default_plan, default_plan);
    return who;
}

} // namespace lazaret::submission
