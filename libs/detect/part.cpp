#include "detect/part.hpp"

#include <algorithm>
#include <cstdio>

namespace lazaret::detect {

using subscriber::Scope;

namespace {

std::uint16_t number_of(std::uint64_t hash) {
    return static_cast<std::uint16_t>(1 + mixed(hash) % most_parts);
}

std::uint64_t hash_of_client(const IpAddress& client) {
    const std::size_t length = client.is_v4() ? 16 : 8;
    return hash_of(std::string_view(reinterpret_cast<const char*>(client.bytes().data()), length));
}

/// A server that bounces spam goes on with its other mail.
std::optional<Suspicion> narrowed(std::optional<Suspicion> suspicion) {
    if (suspicion && suspicion->cause == "backscatter") {
        suspicion->scope = Scope::bounces;
        suspicion->part.clear();
    }
    return suspicion;
}

} // namespace

std::uint16_t part_of(const event::Event& event) {
    if (!event.account.empty()) return number_of(hash_of(event.account));
    return event.client.is_unspecified() ? 0 : number_of(hash_of_client(event.client));
}

Part describe_part(const event::Event& event) {
    Part out;
    if (!event.account.empty()) {
        out.scope = Scope::account;
        out.name = event.account;
    } else {
        out.name = event.client.is_v4() ? event.client.to_string() : Cidr(event.client, 64).to_string();
    }
    return out;
}

std::string part_id(const std::string& subscriber, std::uint16_t number) {
    char digits[8];
    std::snprintf(digits, sizeof digits, "/%03x", number - 1u);
    return subscriber + digits;
}

std::optional<Suspicion> feed(const Detector& detector, const StateOf& state_of, Campaigns& campaigns,
                              const event::Event& event) {
    if (event.type == event::Type::connection_refused) return std::nullopt; // of an address that may be no part of it
    State& whole = state_of(event.subscriber);
    const auto part = part_of(event);
    if (part != 0) {
        if (whole.first_part == 0) whole.first_part = part;
        if (whole.parts == 0 && part != whole.first_part) {
            state_of(part_id(event.subscriber, whole.first_part)) = whole; // so far it was the only one
            whole.parts = 1;
        }
    }
    auto suspicion = narrowed(detector.feed(whole, campaigns, event));
    if (whole.parts == 0 || part == 0) return suspicion;

    State& own = state_of(part_id(event.subscriber, part));
    if (own.born == Time{}) whole.parts = std::min<std::uint16_t>(static_cast<std::uint16_t>(whole.parts + 1), most_parts);
    // What the whole was judged for is not held against the part again.
    if (own.judged_until < whole.judged_until) own.clear_evidence(whole.judged_until);
    // Once the whole is convicted, which part it was is no further choice among many.
    auto of_part = detector.feed_part(own, suspicion ? 1 : whole.parts, campaigns, event);
    if (!of_part) return suspicion;
    auto alone = describe_part(event);
    of_part->scope = alone.scope;
    of_part->part = std::move(alone.name);
    return narrowed(std::move(of_part));
}

} // namespace lazaret::detect
