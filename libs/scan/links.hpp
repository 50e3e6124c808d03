#pragma once
// Where a message leads: the administrator's own lists, and links that are not what they show.
//
// Findings, each once:
//   uri.blocked.evil.example  a link to a host that the block list has, named by the list's entry
//   uri.deceptive             HTML that shows one place and leads to another registrable domain
//   uri.obfuscated            a host written so that it is hard to recognise: percent-encoded, 0x7f.1, 2130706433
//   uri.user                  a user in front of the host, "https://bank.example@evil.example/": what is read is not where
//                             it leads
// A host that the allow list covers is reported by none of them.

#include "scan/check.hpp"
#include "scan/host_list.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lazaret::mime {
struct DeceptiveLink;
struct Uri;
}

namespace lazaret::scan {

class Reading;

struct LinkPolicy {
    std::shared_ptr<const HostList> allow, block; ///< null: no such list
    Check blocked{verdict::Mode::enforce, 10};
    Check deceptive{verdict::Mode::warn, 3}; ///< newsletters do it, too: their links count clicks
    Check obfuscated{verdict::Mode::warn, 5};
    Check user{verdict::Mode::warn, 5};
};

std::vector<verdict::Finding> check_links(const std::vector<mime::Uri>& uris, const std::vector<mime::DeceptiveLink>& deceptive,
                                          const LinkPolicy& policy);
std::vector<verdict::Finding> check_links(Reading& reading, const LinkPolicy& policy);

/// What to ask DNS lists about, at most `most`: registrable domains and addresses that links of http, https and ftp lead
/// to, each once, in their order, without what the allow list covers.
std::vector<std::string> hosts_to_ask(const std::vector<mime::Uri>& uris, const LinkPolicy& policy, std::size_t most = 20);

/// Of hosts_to_ask(), what an event says of them: event::name_hash() of each, and where there are more than
/// event::most_uri_hosts those with the smallest. So two messages with hosts in common mostly have those in common that are
/// kept, in whatever order they come and whatever else is put before them.
std::vector<std::uint64_t> hosts_to_keep(const std::vector<std::string>& hosts);

} // namespace lazaret::scan
