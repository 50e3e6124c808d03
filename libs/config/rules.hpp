#pragma once
// How the text of an option becomes its value: one small type per kind of option. Each says what it reads
// (`read`, nullopt when the value does not fit), what it expects in words, and how a value is written in
// TOML.

#include "config/config.hpp"
#include "core/address.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lazaret::config {

/// A value as it stands in the file or in an override, before anyone asked whether it fits.
struct Found {
    /// From an override: without quotes, the option decides how to read it.
    struct Word {
        std::string text;
    };
    /// A TOML type that no option has, in words: "a date", "a table".
    struct Other {
        std::string kind;
    };
    using Value =
        std::variant<Word, std::string, std::int64_t, double, bool, std::vector<std::string>, Other>;

    Value value;
    std::filesystem::path folder; ///< relative paths start here

    const std::string* text() const; ///< a string or an override's word, else null
    bool is_no_list() const;         ///< neither a list nor an override's word
    std::string shown() const;       ///< for messages: printable, cut
};

std::string in_quotes(std::string_view text); ///< as a TOML basic string
std::string format_size(std::uint64_t octets);
std::optional<std::uint64_t> parse_size(std::string_view text); ///< "512B", "64KiB", "25MiB", "4GiB"

/// A whole number.
struct Count {
    using Type = std::uint64_t;
    Type least, most;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "whole number"; }
    std::string range() const;
    std::string expected() const;
    std::string hint(const Found& found) const;
    std::string literal(Type value) const { return std::to_string(value); }
};

/// Octets, written with a unit.
struct Size {
    using Type = std::uint64_t;
    Type least, most;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "size"; }
    std::string range() const;
    std::string expected() const;
    std::string hint(const Found& found) const;
    std::string literal(Type value) const { return in_quotes(format_size(value)); }
};

/// A length of time, written with a unit.
struct Period {
    using Type = Duration;
    Type least, most;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "time"; }
    std::string range() const;
    std::string expected() const;
    std::string hint(const Found& found) const;
    std::string literal(Type value) const { return in_quotes(format_duration(value)); }
};

/// A number that may have a fraction.
struct Real {
    using Type = double;
    Type least, most;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "number"; }
    std::string range() const;
    std::string expected() const;
    std::string hint(const Found&) const { return {}; }
    std::string literal(Type value) const;
};

/// true or false.
struct Flag {
    using Type = bool;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "true or false"; }
    std::string range() const { return {}; }
    std::string expected() const { return "true or false"; }
    std::string hint(const Found& found) const;
    std::string literal(Type value) const { return value ? "true" : "false"; }
};

/// Any string that `fits`; `description` completes "expected ...".
struct Text {
    using Type = std::string;
    bool (*fits)(std::string_view);
    std::string description;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "text"; }
    std::string range() const { return description; }
    std::string expected() const { return description; }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const { return in_quotes(value); }
};

/// A file or folder; relative ones start at the folder of the configuration file.
struct Path {
    using Type = std::filesystem::path;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "path"; }
    std::string range() const { return {}; }
    std::string expected() const { return "the path of a file or folder, in quotes"; }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const { return in_quotes(value.string()); }
};

/// Several of them; in an override separated by commas.
struct Paths {
    using Type = std::vector<std::filesystem::path>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "list of paths"; }
    std::string range() const { return {}; }
    std::string expected() const { return "a list of paths such as [\"/var/log/mail.log\"]"; }
    std::string hint(const Found& found) const;
    std::string literal(const Type& value) const;
};

/// One file or several: a path, or a list of them.
struct Files : Paths {
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "path or list of paths"; }
    std::string expected() const { return "the path of a file, in quotes, or a list of them"; }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const;
};

/// Where to connect to: one or several, in an override separated by commas.
struct Addresses {
    using Type = std::vector<Endpoint>;
    bool may_be_none = false; ///< "" is an empty list
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "address or list of addresses"; }
    std::string range() const {
        return std::string("HOST:PORT, port 1 to 65535, or unix:PATH") + (may_be_none ? ", or \"\" for none" : "");
    }
    std::string expected() const {
        return "HOST:PORT such as \"127.0.0.1:25\" or \"[::1]:25\", or a list of them";
    }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const;
};

/// At least one of a few words, none twice; in an override separated by commas.
struct Words {
    using Type = std::vector<std::string>;
    std::vector<std::string_view> allowed;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "list of words"; }
    std::string range() const;
    std::string expected() const { return "a list of some of " + range(); }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const;
};

/// File name extensions, lower case and without the dot; in an override separated by commas.
struct Extensions {
    using Type = std::vector<std::string>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "list of extensions"; }
    std::string range() const { return {}; }
    std::string expected() const { return "a list of extensions such as [\"exe\", \"js\"], lower case, without the dot"; }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const;
};

/// "NAME=MODE" or "NAME=MODE:SCORE"; in an override separated by commas.
struct FindingModes {
    using Type = std::vector<FindingMode>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "list of findings"; }
    std::string range() const { return {}; }
    std::string expected() const {
        return "a list of NAME=MODE or NAME=MODE:SCORE such as [\"attachment.encrypted=enforce:10\", \"uri.deceptive=off\"]";
    }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const;
};

/// Names of systemd units; in an override separated by commas.
struct Units {
    using Type = std::vector<std::string>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "list of units"; }
    std::string range() const { return {}; }
    std::string expected() const { return "a list of systemd units such as [\"postfix@-.service\"]"; }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const;
};

/// Networks; in an override separated by commas.
struct Cidrs {
    using Type = std::vector<Cidr>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "list of networks"; }
    std::string range() const { return {}; }
    std::string expected() const { return "a list of networks such as [\"192.0.2.0/24\", \"2001:db8::/32\"]"; }
    std::string hint(const Found& found) const;
    std::string literal(const Type& value) const;
};

/// Literal addresses: one or several, at most 16; "" is none.
struct IpAddresses {
    using Type = std::vector<IpAddress>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "address or list of addresses"; }
    std::string range() const { return "IP, at most 16, or \"\" for none"; }
    std::string expected() const { return "an address such as \"192.0.2.25\" or \"2001:db8::25\", or a list of at most 16"; }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const;
};

/// Name servers: literal addresses, with a port where it is not 53; one or several, "" is none.
struct NameServers {
    using Type = std::vector<Endpoint>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "address or list of addresses"; }
    std::string range() const { return "IP or IP:PORT, or \"\" for those of /etc/resolv.conf"; }
    std::string expected() const { return "IP such as \"127.0.0.1\" or \"[::1]:5353\", or a list of them"; }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const { return Addresses{true}.literal(value); }
};

/// Where to listen; "" is nowhere, port 0 a free one.
struct Listening {
    using Type = std::optional<Endpoint>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "address"; }
    std::string range() const { return "IP:PORT or unix:PATH, or \"\" for off; port 0 takes a free one"; }
    std::string expected() const {
        return "IP:PORT such as \"0.0.0.0:25\" or \"[::]:25\", unix:PATH, or \"\" to turn it off";
    }
    std::string hint(const Found& found) const;
    std::string literal(const Type& value) const { return in_quotes(value ? value->to_string() : ""); }
};

/// Where another program listens; "" is nowhere.
struct Peer {
    using Type = std::optional<Endpoint>;
    std::optional<Type> read(const Found& found) const;
    std::string unit() const { return "address"; }
    std::string range() const { return "HOST:PORT or unix:PATH, or \"\" for none"; }
    std::string expected() const {
        return "HOST:PORT such as \"127.0.0.1:783\", unix:PATH, or \"\" for none";
    }
    std::string hint(const Found&) const { return {}; }
    std::string literal(const Type& value) const { return in_quotes(value ? value->to_string() : ""); }
};

/// One word out of a few.
template <class Enum> struct Choice {
    using Type = Enum;
    std::vector<std::pair<std::string_view, Enum>> words;

    std::optional<Type> read(const Found& found) const {
        if (const auto* text = found.text())
            for (const auto& [word, value] : words)
                if (word == *text) return value;
        return std::nullopt;
    }
    std::string unit() const { return "word"; }
    std::string range() const {
        std::string list;
        for (const auto& [word, value] : words)
            list += (list.empty() ? "" : ", ") + in_quotes(word);
        return list;
    }
    std::string expected() const { return "one of " + range(); }
    std::string hint(const Found&) const { return {}; }
    std::string literal(Type value) const {
        for (const auto& [word, meaning] : words)
            if (meaning == value) return in_quotes(word);
        return in_quotes("");
    }
};

} // namespace lazaret::config
