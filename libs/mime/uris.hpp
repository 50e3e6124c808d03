#pragma once
// Where a message leads: URIs (RFC 3986) in text and in HTML, each once and in one form however it was
// written.

#include "mime/hosts.hpp"
#include "mime/html.hpp"
#include "mime/limits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lazaret::mime {

struct Uri {
    /// "https://host[:port]/path": scheme and host as below, no user, no default port; what follows as
    /// written, cut to 2 KiB in all. "mailto:domain" for mailto, since whom it names is nobody's business.
    std::string uri;
    std::string scheme; ///< http, https, ftp, mailto
    std::string host;   ///< lower case, A-labels, or an address
    std::string domain; ///< registrable domain; "" for addresses and names below no public suffix
    bool is_address = false;
    bool obfuscated =
        false; ///< the host is written so that it is hard to recognise (percent-encoded, odd IPv4 forms)
    bool has_user = false;  ///< "https://bank.example@host/"
    bool in_text = false;   ///< at least once in text (also in the visible text of HTML)
    bool in_markup = false; ///< at least once in an attribute
};

/// One URI as written, without white space around. A missing scheme is read as http for "www." and "//host";
/// backslashes, control characters and surplus slashes are read as browsers read them. nullopt for relative
/// ones, other schemes, and what has no host.
std::optional<Uri> parse_uri(std::string_view written, HostMemo* memo = nullptr);

/// An HTML link whose visible text names a place of another registrable domain than it leads to: a URI anywhere in it, the
/// first if there are several, or a host alone.
struct DeceptiveLink {
    std::string shown_host;
    Uri target;
};
std::optional<DeceptiveLink> deception(const Anchor& anchor, HostMemo* memo = nullptr);

/// Collects URIs of one message.
class UriCollector {
  public:
    explicit UriCollector(Budget& budget) : budget_(budget) {}

    /// http, https, ftp and mailto URIs and bare "www." hosts. Linear in the text.
    void read_text(std::string_view utf8);
    void read_target(std::string_view written);
    std::optional<DeceptiveLink> read_anchor(const Anchor& anchor) { return deception(anchor, &hosts_); }
    std::vector<Uri> take() { return std::move(uris_); }

  private:
    void add(Uri uri, bool in_text);
    std::optional<Uri> parse(std::string_view written);
    bool full() const { return uris_.size() >= budget_.limits.uris; }

    Budget& budget_;
    HostMemo hosts_;
    std::size_t tries_ = 0; // also of what is no URI in the end: IDNA takes its time
    std::vector<Uri> uris_;
    std::unordered_map<std::string, std::size_t> known_;
};

} // namespace lazaret::mime
