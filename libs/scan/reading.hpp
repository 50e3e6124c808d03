#pragma once
// One message as the checks in this process read it. What costs is done when somebody first asks for it, and once; a
// message that is nothing but text is never taken apart.
//
//     scan::Reading reading(octets, header.body_offset());
//     record.fingerprint = reading.fingerprint();
//     auto findings = rule_scanner.scan(rules, reading);                    // scan/rules.hpp
//     append(findings, scan::check_attachments(reading, attachments));      // scan/attachments.hpp
//     append(findings, scan::check_links(reading, links));                  // scan/links.hpp
//     auto hosts = scan::hosts_to_ask(reading.uris(), links, most);         // for scan/dns_lists.hpp

#include "mime/mime.hpp"
#include "mime/outline.hpp"
#include "mime/plain.hpp"
#include "scan/octets.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::scan {

/// Octets from a message's start that the checks in this process look at: the header, and `scan_size` of the body
/// (content.scan_size).
std::uint64_t octets_to_read(std::uint64_t body_at, std::uint64_t scan_size);

/// One message's, one thread's; the octets must outlive it, and what it returns lasts as long as itself. Throws
/// std::bad_alloc only.
class Reading {
  public:
    /// `message`: header section, empty line and body with CRLF or LF line ends; `body_at`: where the body begins, as
    /// message::HeaderReader::body_offset() tells. Of a message that is cut at a size only behind() has to do with what
    /// follows, out of `whole`, which has the same octets and all others; nullptr where nothing follows.
    Reading(std::string_view message, std::uint64_t body_at, const Octets* whole = nullptr, const mime::Limits& limits = {});

    std::string_view header() const { return header_; } ///< without the empty line; at most Limits::header_octets
    std::string_view raw() const { return raw_; }       ///< the body as transferred
    /// No parts, encodings, markup or files: mime() has nothing to tell that is not in text() and uris().
    bool is_plain() { return plain().has_value(); }
    std::string_view text();             ///< mime::Message::text(): decoded, UTF-8, LF
    const std::vector<mime::Uri>& uris(); ///< of subject, texts and markup
    const mime::Message& mime();         ///< the message taken apart
    bool is_cut() const { return whole_ && whole_->size() > message_.size(); }
    /// Files that end behind what is read here, however large the message is: names, types and kinds. nullptr where it
    /// is not cut, or where the rest could not be read.
    const mime::Outline* behind();
    /// message::fingerprint() of what its reader sees, so that one text has one hash as plain text, HTML, base64 or
    /// quoted-printable. 0 for too little text.
    std::uint64_t fingerprint();
    /// event::name_hash() of the program that says it wrote the message: User-Agent or X-Mailer, whichever comes first.
    std::uint64_t agent_hash() const;

  private:
    const std::optional<mime::Plain>& plain();

    std::string_view message_, header_, raw_;
    const Octets* whole_;
    mime::Limits limits_;
    std::optional<mime::Outline> behind_;
    bool looked_ = false; // whether plain_ is known
    std::optional<mime::Plain> plain_;
    std::optional<std::string_view> text_; // into raw_ or storage_
    std::string storage_;
    std::optional<std::vector<mime::Uri>> plain_uris_;
    std::optional<mime::Message> mime_;
};

} // namespace lazaret::scan
