#pragma once
// Who got us listed? Of a span of time, who has most evidence against itself: the detector's own, at each subscriber's worst moment,
// and what other servers said of its mail. Pure: events in, in the order of time, a ranking out.
//
// Among many honest subscribers one has bad luck: of n, about one in all reaches ln n nats (Markov's inequality, as in
// threshold.hpp). Only who has more stands out, and shares are shares of the nats of those.
//
// Refusals of other servers speak against a subscriber as far as they go beyond what everybody's mail meets: once an address is
// listed, all are refused, and that is no evidence against any.

#include "detect/detector.hpp"
#include "detect/part.hpp"
#include "detect/remote_refusal.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lazaret::detect {

struct Reason {
    std::string kind;        ///< as in to_string(Kind), or "remote_refusals"
    double nats = 0;
    std::uint32_t count = 0;
    std::string words;       ///< one sentence
};

struct Culprit {
    std::string subscriber, cause;
    subscriber::Scope scope = subscriber::Scope::everything; ///< of its mail, where one part stands out more than all of it
    std::string part;        ///< the login or address that the scope names, else ""
    double nats = 0;
    double share = 0;        ///< of the nats of all who stand out; 0 for who does not
    Time worst{};            ///< when the evidence was heaviest
    std::uint64_t messages = 0, recipients = 0; ///< that went out in this time
    std::vector<Reason> evidence;               ///< largest first, none of 0
    std::vector<TraceId> samples;
};

/// How often other servers refused mail with one reason, and when.
struct RefusalCount {
    std::string about; ///< the list's name, else "listed", "reputation" or "unwanted"
    std::uint64_t count = 0;
    Time first{}, last{};
};

class Culprits {
  public:
    static constexpr std::size_t max_subscribers = 1'000'000; ///< below 4 KB each
    static constexpr std::size_t max_parts = 500'000;         ///< of all together that are watched by themselves

    struct Window {
        Time since{}, until{};
        std::optional<IpAddress> egress; ///< refusals that name other addresses only are left aside
        std::string listing;             ///< zone; refusals that name other lists only are left aside
    };
    Culprits(const Options& options, Window window);

    /// What is before the window makes habits, what is in it evidence, what is after it nothing.
    Result<void> take(const event::Event& event);
    /// Those who sent and have most evidence, most first: worth being taken again, with their past.
    std::vector<std::string> foremost(std::size_t most) const;
    /// Forgets what was taken of this subscriber. What is known of texts that several send stays.
    void begin_anew(const std::string& subscriber, subscriber::Class klass);

    std::vector<Culprit> ranking(std::size_t most) const; ///< who sent, and has some evidence against itself; most first
    std::vector<RefusalCount> refusals() const; ///< most first
    double bar() const; ///< nats above which one stands out
    std::uint64_t senders() const;
    std::uint64_t messages() const;

  private:
    struct Worst { // when the score was highest within the window
        std::unique_ptr<State> state;
        double score = 0;
        Time at{};
        Part part; // without a name: all of the subscriber
    };
    struct Subject {
        State state;
        Worst whole, part; // of the parts the worst
        Share refused; // results with a refusal that blames the sender, of results that tell
        std::uint64_t messages = 0, recipients = 0;
        bool is_again = false; // what comes was counted before
    };
    void take_result(Subject& subject, const event::Event& event);
    State& part_state(const std::string& id);
    void look(Subject& subject, const event::Event& event);
    void look_at(Worst& worst, const State& state, double handicap, const Part& part, const event::Event& event);
    const Worst& blamed(const Subject& subject) const;
    Share refused_of_all() const;
    double refusal_nats(const Subject& subject, const Share& all) const;
    Culprit describe(const std::string& name, const Subject& subject, const Share& all) const;

    Detector detector_;
    const Window window_;
    const std::shared_ptr<const Replies> replies_;
    Campaigns campaigns_, past_campaigns_; // of the window, and of what was before it
    std::optional<Campaigns> again_;       // of the window, with those in it twice who are taken again
    std::map<std::string, State> parts_;   // by part_id()
    State spare_;                          // for parts beyond max_parts
    std::unordered_map<std::string, Subject> subjects_;
    std::map<std::string, RefusalCount> refusals_;
};

} // namespace lazaret::detect
