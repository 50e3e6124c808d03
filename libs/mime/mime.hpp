#pragma once
// A message as its reader gets it (RFC 2045-2049): texts decoded, attachments named and known by their
// octets, and where its links lead. Pure: octets in, values out; one message's work is bounded by Limits and
// by its size. Thread-safe.

#include "mime/archive.hpp"
#include "mime/filename.hpp"
#include "mime/limits.hpp"
#include "mime/magic.hpp"
#include "mime/uris.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::mime {

/// One text part, or an attachment that is text.
struct Text {
    std::string visible; ///< UTF-8, line ends as LF: plain text, or what HTML shows; without characters that
                         ///< are not seen
    std::string source;  ///< of HTML: its markup as UTF-8; "" for plain text
    bool is_html = false;
    bool is_attached = false; ///< belongs to an attachment
    bool is_shown = true;     ///< false: the plain form beside an HTML form of the same multipart/alternative
    std::string hidden;                   ///< text that HTML does not show, as `visible`
    std::size_t hidden_octets = 0;        ///< of it, as written
    std::size_t invisible_characters = 0; ///< zero width and the like, removed from `visible`
    bool has_form = false, has_script = false;
};

/// A part that is saved or opened rather than shown, images among them.
struct Attachment {
    std::vector<std::string>
        names; ///< different ones, of filename= and name=; UTF-8, at most 1 KiB each, at most 8
    std::vector<NameTraits> traits; ///< of each name
    std::string declared_type;      ///< "application/pdf", lower case
    Kind kind = Kind::unknown;      ///< by its octets
    std::uint64_t size = 0;         ///< decoded octets, as far as was decoded
    bool is_inline = false;         ///< Content-Disposition: inline
    Archive archive;                ///< of zip and gzip
};

struct Message {
    std::string subject;      ///< decoded (RFC 2047)
    std::string from_name;    ///< display name of the first mailbox in From, decoded
    std::string from_address; ///< as written
    std::vector<Text> texts;  ///< in the order of the message
    std::vector<Attachment> attachments;
    std::vector<Uri> uris; ///< of subject, texts and markup
    std::vector<DeceptiveLink> deceptive_links;
    unsigned parts = 0;           ///< that were looked at
    unsigned nested_messages = 0; ///< message/rfc822
    bool has_signed = false;      ///< multipart/signed, signed S/MIME
    bool has_encrypted =
        false; ///< multipart/encrypted, S/MIME or PGP in text: contents that nobody here can read
    bool is_fragment = false; ///< message/partial: a piece, which no scanner can judge
    bool irregular = false;   ///< structure that readers disagree about
    LimitSet truncated_by;    ///< limits that were reached; what is missing above is missing for these

    /// What the reader sees, for rules: texts that are shown, then those that are not, then what HTML hides, then
    /// attached ones, each with a line end behind. At most Limits::text_octets and two line ends each.
    std::string text() const;
};

/// `octets`: header and body, with CRLF or LF line ends. Never fails; throws std::bad_alloc only.
Message read(std::string_view octets, const Limits& limits = {});

} // namespace lazaret::mime
