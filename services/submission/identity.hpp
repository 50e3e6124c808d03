#pragma once
// Which subscriber a message comes from, by what is known of its client: a login, a network, or nothing but the address.

#include "core/address.hpp"
#include "subscriber/snapshot.hpp"

#include <optional>
#include <string>

namespace lazaret::submission {

/// Who sends, as far as it is known now.
struct Identity {
    std::string subscriber; ///< "" = unknown
    std::string account;    ///< login, "" where a network told who it is
    subscriber::Plan plan;
    subscriber::Class klass = subscriber::Class::dynamic;
};

/// `login` in lower case; nullopt where there is no such account. `default_plan` is for a subscriber without one.
std::optional<Identity> identity_of_account(const subscriber::Directory& directory, const std::string& login,
                                            const std::string& default_plan);
/// By the network that holds the address, whether it may relay or not; nullopt where none does.
std::optional<Identity> identity_of_network(const subscriber::Directory& directory, const IpAddress& address,
                                            const std::string& default_plan);
/// An address that belongs to nobody we know counts for itself, under the default plan.
Identity identity_of_address(const subscriber::Directory& directory, const IpAddress& address, const std::string& default_plan);

} // namespace lazaret::submission
