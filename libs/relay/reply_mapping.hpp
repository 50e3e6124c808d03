#pragma once
// The next hop's replies as a client may see them: code, enhanced code and reason are kept wherever they are
// about the client's mail, and become a 451 wherever they are about us and the next hop.

#include "smtp/reply.hpp"

namespace lazaret::relay {

/// What the reply answers.
enum class Stage { mail, rcpt, data, content };

struct Mapped {
    smtp::Reply reply;
    bool ours = false; ///< the client's mail was not judged: the next hop is in trouble, or we are with it

    Mapped() = default;
    Mapped(smtp::Reply r, bool o) : reply(std::move(r)), ours(o) {}
};

/// Any reply of the next hop to one of our commands. A reply that cannot stand at this stage (354 to the
/// final dot, 250 to DATA) is never passed on as success: it becomes next_hop_lost(), and the connection is
/// not to be used any more.
Mapped map_reply(const smtp::Reply& from_hop, Stage stage);

/// The text for a client: printable ASCII, at most ten lines and 1000 octets.
std::string clean_text(std::string_view text);

/// Whether this reply can stand at this stage at all.
bool in_order(const smtp::Reply& from_hop, Stage stage);

/// We and the next hop do not fit together: for the administrator to mend, until then a 451.
smtp::Reply misconfigured();

/// RFC 6152 3: the message is declared 8-bit and the next hop does not offer 8BITMIME; content is never converted.
smtp::Reply hop_lacks_8bitmime();

/// RFC 6531 3.2: the message needs SMTPUTF8 and the next hop does not offer it.
smtp::Reply hop_lacks_smtputf8();

} // namespace lazaret::relay
