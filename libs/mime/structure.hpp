#pragma once
// The parts of a message (RFC 2046): multipart and message/rfc822 taken apart down to their leaves, as views
// into the message.

#include "mime/limits.hpp"
#include "mime/part_header.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace lazaret::mime {

/// One part that is no container.
struct Leaf : PartHeader {
    std::string_view body;    ///< as transferred
    unsigned alternative = 0; ///< number of the innermost multipart/alternative around it; 0 = none
    unsigned depth = 0;       ///< containers around it
};

/// What the containers told.
struct Structure {
    unsigned parts = 0;           ///< that were looked at, containers among them
    unsigned nested_messages = 0; ///< message/rfc822
    bool has_signed = false;      ///< multipart/signed (RFC 1847)
    bool has_encrypted = false;   ///< multipart/encrypted
    /// No boundary, a delimiter that never comes, parts behind the last one, a Content-* field twice: what readers
    /// disagree about.
    bool irregular = false;
};

/// Calls `visit` for each leaf, in order; its views last for that call. A message/rfc822 that is named like a
/// file is a leaf too. Where a multipart cannot be taken apart, its body is a leaf of text/plain. Time is
/// linear in the message's size times the depth limit.
Structure take_apart(std::string_view message, Budget& budget, const std::function<void(const Leaf&)>& visit);

} // namespace lazaret::mime
