#include "subscriber/address_subject.hpp"

namespace lazaret::subscriber {

namespace {

constexpr std::string_view prefix = "addr:";

} // namespace

std::string address_subject(const IpAddress& address) {
    if (address.is_v4()) return std::string(prefix) + address.to_string();
    return std::string(prefix) + Cidr(address, 64).to_string();
}

std::optional<Cidr> parse_address_subject(std::string_view id) {
    if (!id.starts_with(prefix)) return std::nullopt;
    id.remove_prefix(prefix.size());
    if (const auto address = IpAddress::parse(id)) return Cidr(*address, address->is_v4() ? 32 : 64);
    const auto block = Cidr::parse(id);
    if (!block || block->prefix() != (block->base().is_v4() ? 32 : 64)) return std::nullopt;
    return *block;
}

} // namespace lazaret::subscriber
