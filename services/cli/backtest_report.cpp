// backtest: its decisions in a file, its table for people, its JSON for programs.

#include "cli/backtest.hpp"
#include "cli/output.hpp"
#include "subscriber/model.hpp"

#include <array>
#include <cmath>
#include <iostream>

namespace lazaret::cli {

namespace {

using detect::Action;

std::string line_of(const detect::ReplayDecision& decision) {
    const auto level =
        decision.action == Action::ticket ? subscriber::Level::watch : subscriber::Level::block;
    Json json;
    json["ts"] = static_cast<double>(decision.at.time_since_epoch().count()) / 1e6;
    json["subscriber"] = decision.subscriber;
    json["action"] = std::string(to_string(decision.action));
    json["level"] = std::string(subscriber::to_string(level));
    json["scope"] = std::string(subscriber::to_string(decision.scope));
    if (!decision.part.empty()) json["part"] = decision.part;
    json["cause"] = decision.cause;
    if (decision.campaign != 0) {
        std::array<char, 17> digits{};
        std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(decision.campaign));
        json["campaign"] = digits.data();
    }
    json["message"] = decision.message.empty() ? Json() : Json(decision.message);
    json["reason"] = decision.reason;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t per_second(std::uint64_t count, const Tally& tally) {
    return std::llround(static_cast<double>(count) / tally.seconds);
}

/// Messages of those who were confined: what left before, and what would not have left after.
struct Leak {
    std::uint64_t passed = 0, held_back = 0;
};
Leak leak_of(const std::vector<detect::ReplayConfined>& confined) {
    Leak sum;
    for (const auto& one : confined) {
        sum.passed += one.passed;
        sum.held_back += one.held_back;
    }
    return sum;
}

void print_past(const Tally::Past& past) {
    std::cout << "From " << show_time(past.since) << " to " << show_time(past.until) << ".\n";
    if (past.refused_by_quarantine + past.refused_by_limit > 0)
        std::cout << "Refused at the time: " << show_count(past.refused_by_quarantine, "message") << " by a quarantine, "
                  << past.refused_by_limit << " by limits. That is no evidence, and they are missing below.\n";
    if (past.nameless > 0)
        std::cout << show_count(past.nameless, "event") << " left aside: no subscriber is named.\n";
}

void print_confined(const std::vector<detect::ReplayConfined>& confined) {
    std::cout << "\nConfined, those who went on most first:\n";
    Table table({"SUBSCRIBER", "FIRST", "TIMES", "SENT BEFORE", "HELD BACK", "WHY"});
    for (std::size_t i = 0; i < confined.size() && i < 10; ++i)
        table.add({confined[i].subscriber, show_time(confined[i].first), std::to_string(confined[i].confinements),
                   std::to_string(confined[i].passed), std::to_string(confined[i].held_back), confined[i].reason});
    table.print();
    if (confined.size() > 10) std::cout << "and " << confined.size() - 10 << " more\n";
}

} // namespace

Trial::Trial(const detect::Options& options, const detect::ReplayPolicy& policy, const std::string& decisions)
    : replay_(options, policy), file_(decisions) {
    if (file_.empty()) return;
    out_.open(file_, std::ios::binary);
    if (!out_) throw Failure(Status::failed, file_ + ": " + std::generic_category().message(errno));
}

Result<void> Trial::take(const detect::Recorded& line) {
    decisions_.clear();
    if (auto taken = replay_.take(line, decisions_); !taken) return taken.error();
    for (const auto& decision : decisions_) {
        tally.confinements += decision.action == Action::confine;
        tally.tickets += decision.action == Action::ticket;
        tally.releases += decision.action == Action::release;
        if (out_.is_open()) out_ << line_of(decision) << "\n";
    }
    return {};
}

void Trial::finish() {
    tally.seconds =
        std::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(), 1e-6);
    if (!out_.is_open()) return;
    out_.flush();
    if (!out_) throw Failure(Status::failed, file_ + ": cannot be written");
}

Progress::~Progress() {
    if (shown_) std::cerr << "\r\x1b[K";
}

void Progress::show(std::uint64_t count, const char* of_what, int percent) {
    if (!is_wanted_) return;
    shown_ = true;
    std::cerr << "\r" << count << " " << of_what;
    if (percent >= 0) std::cerr << ", " << percent << " %";
    std::cerr << "\x1b[K" << std::flush;
}

void print_text(const Trial& trial) {
    const Tally& tally = trial.tally;
    const detect::Replay& replay = trial.replay();
    const auto confined = replay.confined();
    const auto [passed, held_back] = leak_of(confined);
    std::cout << show_count(tally.lines, tally.past ? "event" : "line") << ", " << per_second(tally.lines, tally)
              << " a second; " << show_count(replay.events(), "event") << " for the detector, "
              << per_second(replay.events(), tally) << " a second.\n";
    if (tally.past) print_past(*tally.past);
    std::cout << show_count(confined.size(), "subscriber") << " of " << replay.subscribers() << " confined, "
              << show_count(tally.confinements, "confinement") << ", " << show_count(tally.releases, "release") << ", "
              << show_count(tally.tickets, "ticket") << " without one. " << show_count(passed, "message")
              << " of theirs went out before, " << held_back << " would have been held back.\n";
    if (tally.unmatched > 0)
        std::cout << show_count(tally.unmatched, "delivery line")
                  << " left aside: the message is not in the recording.\n";
    if (!confined.empty()) print_confined(confined);
}

void print_json(const Trial& trial) {
    const Tally& tally = trial.tally;
    const detect::Replay& replay = trial.replay();
    Json json;
    json["lines"] = tally.lines;
    json["events"] = replay.events();
    json["seconds"] = tally.seconds;
    json["lines_per_second"] = per_second(tally.lines, tally);
    json["events_per_second"] = per_second(replay.events(), tally);
    if (tally.past) {
        json["since"] = format_rfc3339(tally.past->since);
        json["until"] = format_rfc3339(tally.past->until);
        json["refused_by_quarantine"] = tally.past->refused_by_quarantine;
        json["refused_by_limit"] = tally.past->refused_by_limit;
        json["nameless_events"] = tally.past->nameless;
    } else {
        json["unmatched_deliveries"] = tally.unmatched;
    }
    json["subscribers"] = replay.subscribers();
    json["confinements"] = tally.confinements;
    json["releases"] = tally.releases;
    json["tickets"] = tally.tickets;
    json["confined"] = Json::array();
    for (const auto& confined : replay.confined()) {
        Json one;
        one["subscriber"] = confined.subscriber;
        one["first"] = format_rfc3339(confined.first);
        one["confinements"] = confined.confinements;
        one["sent_before"] = confined.passed;
        one["held_back"] = confined.held_back;
        one["reason"] = confined.reason;
        json["confined"].push_back(std::move(one));
    }
    print_json(json);
}

} // namespace lazaret::cli
