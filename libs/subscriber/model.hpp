#pragma once
// Who may send, as the administrator keeps it in PostgreSQL.

#include "core/address.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::subscriber {

enum class Class { dynamic, fixed, business, trusted }; ///< `fixed` is written "static"
std::string_view to_string(Class value);
Result<Class> parse_class(std::string_view text);

/// Counts per window that a subscriber may send; nullopt = no limit.
struct WindowLimits {
    std::optional<std::uint32_t> per_minute, per_hour, per_day;
    bool operator==(const WindowLimits&) const = default;
};

struct Plan {
    std::string name;
    WindowLimits messages, recipients;
    bool operator==(const Plan&) const = default;
};

struct Subscriber {
    std::string id;   ///< the ISP's own key: customer number or the like
    std::string plan; ///< name of a Plan
    Class klass = Class::dynamic;
    bool is_protected = false; ///< never confined automatically
    bool operator==(const Subscriber&) const = default;
};

struct Account {
    std::string login;      ///< as the client sends it; compared after ASCII lower-casing
    std::string subscriber; ///< id
    std::string verifier;   ///< auth/verifier.hpp
    bool operator==(const Account&) const = default;
};

struct Network {
    Cidr block;
    Class klass = Class::dynamic;
    bool relay = false;     ///< may use the relay listener (port 25) without AUTH
    std::string subscriber; ///< "" = each client address counts for itself
    std::string plan;       ///< "" = the subscriber's, or the default of the configuration
    bool operator==(const Network&) const = default;
};

enum class Level { watch, throttle, divert, block, garden };
std::string_view to_string(Level level);
Result<Level> parse_level(std::string_view text);

/// What of a subscriber's mail a confinement is about: no more than what is at fault.
enum class Scope {
    everything,
    account, ///< what is sent under one login
    address, ///< what one client address or block sends without a login
    bounces, ///< mail without a sender
};
std::string_view to_string(Scope scope);
Result<Scope> parse_scope(std::string_view text);
/// "everything", "account anna@firm.example", "address 192.0.2.1", "bounces".
std::string in_words(Scope scope, std::string_view part);

struct Quarantine {
    std::int64_t id = 0;
    std::string subscriber;
    Level level = Level::block;
    Scope scope = Scope::everything;
    std::string part;   ///< the login, address or block that the scope names, else ""
    std::string reason; ///< for the subscriber: one sentence
    std::string cause;  ///< machine word of the incident, e.g. "bot"
    std::string author; ///< "engine" or an operator's name
    std::string token;  ///< names the case in the reply's URL
    Time start{};
    std::optional<Time> expiry; ///< nullopt = until released
    bool operator==(const Quarantine&) const = default;
};

} // namespace lazaret::subscriber
