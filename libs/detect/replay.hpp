#pragma once
// A recording of outgoing mail, JSON lines in the order of time, read without trust into the events that the
// engine would have seen. Pure text in, events out.
//
//   {"type":"message","id","ts","subscriber","rcpts":[...],"client_ip","account","helo","mail_from","size",
//    "content":"spam"|"ham"|"unknown","fingerprint","uri_hosts":[...],"agent"}     what stands behind rcpts may be null or missing
//   {"type":"delivery","ts","message":id,"delivered":n,"nonexistent":n,"subscriber"}
//
// Times are seconds since 1970. An event does not hold the difference between "ham" and "unknown": both are a
// message without findings. The fingerprint is a similarity hash of the text, 16 hexadecimal digits; uri_hosts are
// registrable domains and addresses that links lead to, agent is the mail program.

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "event/event.hpp"
#include "subscriber/model.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace simdjson::dom {
class object;
}

namespace lazaret::detect {

/// One line of a recording.
struct Recorded {
    Time at{};
    Time sent{}; ///< of the message that the line is about; `at` for a message
    std::string subscriber;
    std::string message; ///< the recording's id of it
    bool is_delivery = false;
    bool is_sent = false;        ///< a message that went out
    subscriber::Class klass = subscriber::Class::dynamic; ///< of a subscriber that is new
    bool is_protected = false;   ///< likewise: it is never confined
    /// A message: one message_relayed. A delivery: one delivery_result per recipient, none when its message
    /// is not in the recording.
    std::vector<event::Event> events;
};

class ReplayReader {
  public:
    static constexpr std::size_t max_line = 1024 * 1024; ///< octets
    /// After which a message's results come no more: Postfix's maximal_queue_lifetime.
    static constexpr Duration until_forgotten = std::chrono::hours(5 * 24);
    static constexpr std::size_t max_recipients = 10'000;
    static constexpr std::size_t max_hosts = 100;
    static constexpr std::size_t max_awaited = 1'000'000; ///< messages whose results are still to come

    /// `reject_score` is given to the finding of a message whose content is "spam" (content.reject_score).
    explicit ReplayReader(double reject_score);
    ~ReplayReader();

    /// The next line, without its end. An error says what was found and what was expected.
    Result<Recorded> read(std::string_view line);
    /// Results left aside, since their message was not in the recording or is older than five days.
    std::uint64_t unmatched() const { return unmatched_; }

  private:
    struct Sent {
        TraceId trace;
        Time at{};
        std::string subscriber, account;
        IpAddress client;
        bool null_sender = false;
        std::uint64_t awaited = 0; // recipients without a result
    };
    struct Parser;
    Result<void> read_message(const simdjson::dom::object& read, Recorded& line);
    Result<void> read_delivery(const simdjson::dom::object& read, Recorded& line);
    void forget(Time at);

    std::unique_ptr<Parser> parser_;
    std::string finding_;
    Time last_{};
    std::unordered_map<std::string, Sent> sent_;
    std::deque<std::pair<Time, std::string>> order_; // of sent_, oldest first; also ids that are gone
    std::uint64_t unmatched_ = 0;
};

} // namespace lazaret::detect
