#include "cli/who.hpp"

#include "cli/context.hpp"
#include "store/directory.hpp"
#include "subscriber/address_subject.hpp"

#include <optional>

namespace lazaret::cli {

namespace {

std::optional<std::string> find(store::Database& database, const std::string& name) {
    if (auto view = value_or_fail(store::find_subscriber(database, name))) return view->subscriber.id;
    if (auto address = IpAddress::parse(name)) return subscriber::address_subject(*address);
    if (auto block = subscriber::parse_address_subject(name)) return subscriber::address_subject(block->base());
    return std::nullopt;
}

} // namespace

std::string resolve_subscriber(store::Database& database, const std::string& name) {
    if (auto id = find(database, name)) return *id;
    throw Failure(Status::failed, "no subscriber, login or network is named \"" + name + "\"");
}

std::string resolve_confined(store::Database& database, const std::string& name) {
    return find(database, name).value_or(name);
}

} // namespace lazaret::cli
