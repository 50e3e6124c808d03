#include "cli/who.hpp"

#include "cli/context.hpp"
#include "core/address.hpp"
#include "store/directory.hpp"

#include <optional>

namespace lazaret::cli {

namespace {

constexpr std::string_view address_prefix = "addr:";

std::optional<std::string> find(store::Database& database, const std::string& name) {
    if (auto view = value_or_fail(store::find_subscriber(database, name))) return view->subscriber.id;
    std::string_view text = name;
    if (text.starts_with(address_prefix)) text.remove_prefix(address_prefix.size());
    if (auto address = IpAddress::parse(text)) return std::string(address_prefix) + address->to_string();
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
