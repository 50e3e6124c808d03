#include "relay/reply_mapping.hpp"

#include "smtp/replies.hpp"

#include <algorithm>

namespace lazaret::relay {

namespace {

using smtp::Enhanced;
using smtp::Reply;

Enhanced derived(const Reply& reply, Stage stage) {
    if (!reply.enhanced().empty()) return reply.enhanced();
    const auto klass = static_cast<unsigned>(reply.code() / 100);
    if (klass == 2 && stage == Stage::mail) return Enhanced(2, 1, 0);
    if (klass == 2 && stage == Stage::rcpt) return Enhanced(2, 1, 5);
    return Enhanced(klass, 0, 0);
}

Reply shutting_down() {
    return Reply(451, Enhanced(4, 3, 2), "The mail cannot be passed on at the moment; try again later");
}

} // namespace

std::string clean_text(std::string_view text) {
    constexpr std::size_t max_lines = 10, max_octets = 1000;
    std::string clean;
    clean.reserve(std::min(text.size(), max_octets));
    std::size_t lines = 1;
    for (const char c : text.substr(0, max_octets)) {
        if (c == '\n') {
            if (++lines > max_lines) break;
            clean += c;
        } else {
            clean += c >= ' ' && c < 0x7f ? c : '?';
        }
    }
    return clean;
}

bool in_order(const Reply& from_hop, Stage stage) {
    const int code = from_hop.code();
    if (code >= 400 && code < 600) return true;
    return stage == Stage::data ? code == 354 : code >= 200 && code < 300;
}

Mapped map_reply(const Reply& from_hop, Stage stage) {
    if (!in_order(from_hop, stage)) return Mapped(smtp::replies::next_hop_lost(), true);
    switch (from_hop.code()) {
    case 421: // shuts down, has too many connections, or lost patience with us (RFC 5321 3.8)
    case 521: // takes no mail at all (RFC 7504): a fault of the service, not of this sender
        return Mapped(shutting_down(), true);
    case 432: // these are about authentication and encryption between us and the next hop (RFC 4954 6, RFC
              // 3207 4)
    case 454:
    case 530:
    case 534:
    case 535:
    case 538: return Mapped(misconfigured(), true);
    case 500: // the client's words are checked before they become our commands, so these are about our
              // dialogue
    case 502:
    case 503: return Mapped(smtp::replies::internal(), true);
    case 504:
        // Postfix says 504 5.5.2 to an address without a complete domain: that is about the address.
        if (from_hop.enhanced() != Enhanced(5, 5, 2)) return Mapped(smtp::replies::internal(), true);
        return Mapped(Reply(550, from_hop.enhanced(), clean_text(from_hop.text())), false);
    default: {
        const auto enhanced = derived(from_hop, stage);
        // RFC 3463 3.4, 3.5: a full disk or a broken route there says nothing about who sends.
        const bool ours = from_hop.transient() && (enhanced.subject == 3 || enhanced.subject == 4);
        return Mapped(Reply(from_hop.code(), enhanced, clean_text(from_hop.text())), ours);
    }
    }
}

Reply misconfigured() {
    return Reply(451, Enhanced(4, 3, 5), "The mail cannot be passed on: the servers here are misconfigured");
}

Reply hop_lacks_8bitmime() {
    return Reply(554, Enhanced(5, 6, 3),
                 "This message is declared as 8BITMIME, which the next server does not support");
}

Reply hop_lacks_smtputf8() {
    return Reply(550, Enhanced(5, 6, 7),
                 "This message needs SMTPUTF8, which the next server does not support");
}

} // namespace lazaret::relay
