#pragma once
// What the files of `lazaret backtest` share: a trial run of the detector, fed by a recording or by the ISP's own history.

#include "cli/context.hpp"
#include "core/time.hpp"
#include "detect/replay_run.hpp"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace lazaret::cli {

/// What a trial has come to, beside what its Replay knows.
struct Tally {
    std::uint64_t lines = 0; ///< of the recording, or events of the history
    std::uint64_t confinements = 0, tickets = 0, releases = 0;
    std::uint64_t unmatched = 0; ///< delivery lines of a recording without their message
    double seconds = 0;
    /// Of a history only.
    struct Past {
        Time since{}, until{};
        std::uint64_t refused_by_quarantine = 0, refused_by_limit = 0; ///< messages, at the time
        std::uint64_t nameless = 0;                                    ///< events without a subscriber
    };
    std::optional<Past> past;
};

/// Takes lines in the order of time and writes down what is decided.
class Trial {
  public:
    /// `decisions`: the file that they go to, "" for none.
    Trial(const detect::Options& options, const detect::ReplayPolicy& policy, const std::string& decisions);

    Result<void> take(const detect::Recorded& line);
    void finish(); ///< Failure when the decisions cannot be written

    const detect::Replay& replay() const { return replay_; }
    Tally tally;

  private:
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    detect::Replay replay_;
    std::vector<detect::ReplayDecision> decisions_; // of the line in hand
    const std::string file_;
    std::ofstream out_;
};

/// On stderr, when that is a terminal.
class Progress {
  public:
    ~Progress();
    /// Of `count` lines a call each; `percent` -1 when nobody knows.
    void show(std::uint64_t count, const char* of_what, int percent);

  private:
    const bool is_wanted_ = ::isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
};

/// JSON lines of a file or of stdin ("-"), compressed or not, into the trial. Failure with file and line.
void take_recording(Trial& trial, const std::string& path, double reject_score);
/// What the table of events holds of that time.
void take_history(Trial& trial, Context& context, Time since, Time until);

/// The engine's detector, as configured.
detect::Options options_of(const config::Config& config);

void print_text(const Trial& trial);
void print_json(const Trial& trial);

} // namespace lazaret::cli
