#pragma once
// A subscriber's habit: how much it sends in an hour in which it sends at all, and how surprising the last
// hour is. Starts from a prior by class, learns with a long memory, and learns at most a little from any one
// hour, so that a burst cannot become the habit that excuses it.

#include "core/time.hpp"
#include "subscriber/model.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>

namespace lazaret::detect {

/// What to expect of a subscriber nobody has seen yet, per active hour.
struct Profile {
    double messages = 4, recipients = 8;

    Profile() = default;
    Profile(double m, double r) : messages(m), recipients(r) {}
};
Profile profile_of(subscriber::Class klass);

class Baseline {
  public:
    Baseline() = default;
    explicit Baseline(double prior) : level_(prior) {}

    /// Lets time pass from `from` to `at` (not before it). Hours that end become habit only when
    /// `is_trusted`.
    void advance(Time from, Time at, bool is_trusted);
    void add(double count);

    double level() const { return level_; }   ///< usual count of an active hour
    double recent() const { return recent_; } ///< count of about the last hour, exponentially forgotten
    /// Chernoff's bound for the last hour's count under an overdispersed Poisson law of mean level(), as
    /// nats: an honest subscriber exceeds x with probability at most e^-x. 0 when at or below the habit.
    double surprise() const;

    nlohmann::json to_json() const;
    static Baseline
    from_json(const nlohmann::json& json); ///< throws nlohmann::json::exception on another shape

  private:
    void close_hour();

    double level_ = 4;
    double weight_ = 5; // hours of experience behind level_; the prior is worth five
    double recent_ = 0;
    double in_hour_ = 0; // in the current clock hour
};

} // namespace lazaret::detect
