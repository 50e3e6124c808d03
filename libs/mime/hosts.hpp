#pragma once
// Hosts as they are written in links, and what they are called once the disguise is off.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lazaret::mime {

struct Host {
    std::string
        name; ///< lower case, A-labels (RFC 5890); an address as IpAddress prints it, without brackets
    std::string domain; ///< registrable domain by the Public Suffix List; "" for addresses and single labels
    bool is_address = false;
    bool obfuscated = false; ///< percent-encoded, or an address not in its usual form (0x7f.1, 2130706433)
};

/// nullopt for what can be no host. IPv4 addresses are read as the URL standard does
/// (url.spec.whatwg.org 3.5): one to four numbers, decimal, octal or hexadecimal.
std::optional<Host> parse_host(std::string_view written);

/// parse_host() that remembers: one message names few hosts, many times. Bounded.
class HostMemo {
  public:
    const std::optional<Host>& parse(std::string_view written);

  private:
    std::unordered_map<std::string, std::optional<Host>> known_;
};

/// Its top level is in the ICANN part of the Public Suffix List, or reserved for examples: tells "example.com" from "report.pdf".
bool has_known_suffix(const std::string& host);

} // namespace lazaret::mime
