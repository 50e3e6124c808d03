#pragma once
// What every scanner of a message is: given the octets and the envelope, it says what it found. Scanners of one message
// run side by side; each belongs to one thread and keeps nothing of a message when it has answered.

#include "core/address.hpp"
#include "core/time.hpp"
#include "net/task.hpp"
#include "scan/octets.hpp"
#include "verdict/finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::scan {

/// Who sends the message, as the session knows it. Texts are as the client gave them: whoever passes them on makes
/// them safe for the protocol. "" where nothing is known.
struct Envelope {
    IpAddress client; ///< unspecified where there is none
    std::string helo, reverse_name;
    std::string sender; ///< MAIL FROM without angle brackets; "" is the null path
    std::vector<std::string> recipients;
    std::string account;                 ///< of the login; "" for mail without one
    std::string trace_id;
    std::string tls_version, tls_cipher; ///< "TLSv1.3", "TLS_AES_256_GCM_SHA384"

    Envelope() = default; // travels through coroutines: no aggregate
};

/// A judgement that a scanner's daemon passes by its own thresholds. Whether it is followed is the policy's business.
enum class Wish {
    none,
    greylist,        ///< rspamd: not now, from somebody unknown
    add_header,      ///< rspamd: mark as spam
    rewrite_subject, ///< rspamd: mark as spam where people see it
    spam,            ///< SpamAssassin: its score reaches its threshold
    defer,           ///< rspamd's soft reject: 4xx, the same message may pass later
    reject,          ///< rspamd: refuse
    suspicion,       ///< ClamAV: a heuristic or an unwanted program (Heuristics.*, PUA.*), no known malware
    virus,           ///< ClamAV: a signature of malware
};
std::string_view to_string(Wish wish); ///< "add_header"

struct Outcome {
    enum class State {
        clean,   ///< the scanner has no wish; it may still have seen something
        found,   ///< it has one
        skipped, ///< not looked at: too large for it
        failed,  ///< no verdict, and never one against or for the message
    };
    /// What the exchange tells about the daemon, for the circuit breaker. A message that the daemon could not read says
    /// nothing against the daemon, or one such message could switch the scanner off for everybody.
    enum class Daemon { not_asked, answered, ailing };

    State state = State::failed;
    Daemon daemon = Daemon::not_asked;
    Wish wish = Wish::none;
    std::vector<verdict::Finding> findings; ///< at most max_findings; mode is warn until the policy sets it
    double score = 0;                       ///< the daemon's own total; 0 from a scanner that has none
    std::string failure;                    ///< for the log where skipped or failed: one sentence, printable, bounded
    Duration took{};

    Outcome() = default; // travels through coroutines: no aggregate
    static Outcome skipped(std::string_view why, Daemon daemon);
    static Outcome failed(std::string_view why, Daemon daemon);
};
std::string_view to_string(Outcome::State state); ///< "clean"

inline constexpr std::size_t max_findings = 100, max_finding_name = 80;
inline constexpr double max_score = 100'000;

/// "clamav.Win.Test.EICAR_HDB-1": what is no letter, digit, dot, hyphen or underscore becomes '_', and the end of what is
/// too long is cut off.
std::string finding_name(std::string_view scanner, std::string_view symbol);
/// What is no number is 0; the rest is cut to +-max_score.
double bounded_score(double score);
/// Adds one; beyond max_findings those with the smallest effect go.
void add_finding(std::vector<verdict::Finding>& findings, std::string name, double score);

class Scanner {
  public:
    virtual ~Scanner() = default;
    virtual std::string_view name() const = 0; ///< "clamav": as in metrics and in the names of findings
    /// Answers within `timeout`, give or take the 100 ms of net::Deadlines; never throws for what the daemon does. Both
    /// arguments and the scanner must outlive the task.
    virtual net::task<Outcome> scan(const Octets& message, const Envelope& envelope, Duration timeout) = 0;
};

} // namespace lazaret::scan
