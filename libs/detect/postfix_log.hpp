#pragma once
// Lines of a Postfix log (3.7 and its neighbours), read without trust: the text in parentheses and the
// addresses were written by strangers. Pure text in, struct out; anything else in the log is Other.

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "event/event.hpp"

#include <optional>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace lazaret::detect {

/// smtpd took a message over from us: the queue id and what we called it (XFORWARD IDENT).
struct QueueEntry {
    std::string queue_id;
    TraceId trace;
};

/// One recipient's result by smtp, lmtp, local, virtual, pipe, error, discard, relay.
struct DeliveryLine {
    std::string queue_id;
    std::string recipient; ///< as the client gave it (orig_to= where an alias changed it), at most 320 octets
    std::string relay;     ///< host without address and port, "none", or a transport's word such as "local"
    std::string enhanced;  ///< dsn=, "5.1.1"
    int reply_code = 0;    ///< three digits out of the text where a remote host said them
    event::DeliveryStatus status = event::DeliveryStatus::none;
    std::string text; ///< in the parentheses, printable, at most longest_text octets; may name the recipient

    static constexpr std::size_t longest_text = 800;
};

/// qmgr gave the message up by age: every recipient that was still deferred has failed.
struct Expired {
    std::string queue_id;
};

/// qmgr has no more business with this queue id.
struct Removed {
    std::string queue_id;
};

struct Other {};

struct LogLine {
    std::string stamp; ///< as written, at most 40 octets: see log_time()
    std::variant<Other, QueueEntry, DeliveryLine, Expired, Removed> what;
};

/// `line` without its line end, of any length and content.
LogLine parse_postfix_line(std::string_view line);

/// Reads "Nov 21 10:42:00" or RFC 3339. The old form lacks year and zone: it is read as `zone_offset` east of
/// UTC and as the newest such time that is not more than a day after `reference`.
Result<Time> log_time(std::string_view stamp, Time reference, Duration zone_offset);

} // namespace lazaret::detect
