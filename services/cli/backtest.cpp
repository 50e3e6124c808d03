// backtest: the engine's decisions on a recording, before anything is enforced.

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "config/example.hpp"
#include "config/load.hpp"
#include "core/text.hpp"
#include "detect/replay_run.hpp"
#include "subscriber/model.hpp"

#include <unistd.h>

#include <zlib.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

namespace fs = std::filesystem;
using detect::Action;

constexpr const char* about =
    "what the engine would have decided on recorded mail: who would have been confined, when and why";
constexpr const char* footer =
    R"(The recording is JSON lines in the order of time. {"type":"message","id","ts","subscriber","rcpts":[...]}
and, if known, "client_ip", "account", "helo", "mail_from", "size", "content": "spam" (a scanner in mode
warn has found it), "ham" or "unknown"; {"type":"delivery","ts","message":ID,"delivered":N,"nonexistent":N}
when results become known. Times are seconds since 1970.

"fingerprint" is a similarity hash of the text, 16 hexadecimal digits. A compressed recording (gzip) is read as it is.

Decisions are JSON lines: ts, subscriber, action (confine, ticket, release), level, cause, message, reason,
and campaign for all subscribers that send one text together. "message" is the one whose sending tipped it,
null when a delivery result did.

--without KIND leaves a kind of evidence out: content, failing_recipients, fan_out, volume, spread,
null_sender, campaign. --assume NAME=VALUE changes an assumption of the model, NAME=xFACTOR multiplies it.

The detector is the engine's, with its options: engine.*, content.reject_score. Without --config and without
the usual file, defaults hold. The recording names no class: everybody begins with the habits of class
dynamic, and nobody is protected.

A confinement lasts engine.confine_for; then "release" is written and the evidence begins anew. While it
lasts the subscriber's messages, which would have been refused, and their results are held back from the
detector. The time in which a confinement spreads is not imitated.)";

struct Paths {
    std::string input, decisions;
    bool is_config_given = false;
    std::vector<std::string> without, assumptions;
};

void leave_out(detect::Options& options, const std::string& name) {
    std::string known;
    for (detect::Kind kind : detect::all_kinds) {
        if (to_string(kind) == name) {
            options.leaves_out[static_cast<std::size_t>(kind)] = true;
            return;
        }
        known += (known.empty() ? "" : ", ") + std::string(to_string(kind));
    }
    throw Failure(Status::usage, "--without: found \"" + printable(name, 60) + "\", expected one of " + known);
}

void assume(detect::Options& options, const std::string& assumption) {
    const auto equals = std::min(assumption.find('='), assumption.size());
    const std::string_view name = std::string_view(assumption).substr(0, equals);
    std::string_view number = std::string_view(assumption).substr(std::min(equals + 1, assumption.size()));
    const bool multiplies = number.starts_with('x');
    if (multiplies) number.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    std::string known;
    for (const auto& entry : detect::model_entries()) {
        known += (known.empty() ? "" : ", ") + std::string(entry.name);
        if (entry.name != name) continue;
        if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value) || value < 0)
            break;
        double& is = options.model.*entry.value;
        is = multiplies ? is * value : value;
        return;
    }
    throw Failure(Status::usage, "--assume: found \"" + printable(assumption, 60) +
                                     "\", expected NAME=VALUE or NAME=xFACTOR, a number from 0 and one of " + known);
}

detect::Options options_of(const config::Config& config, const Paths& paths) {
    detect::Options options;
    options.false_alarms_per_year = config.engine.false_alarms_per_year;
    options.half_life = config.engine.half_life;
    options.reading.reject_score = config.content.reject_score;
    for (const std::string& name : paths.without)
        leave_out(options, name);
    for (const std::string& assumption : paths.assumptions)
        assume(options, assumption);
    return options;
}

detect::ReplayPolicy policy_of(const config::Config& config) {
    detect::ReplayPolicy policy;
    policy.convicts = config.engine.confine != config::Mode::off;
    policy.confines = config.engine.confine == config::Mode::enforce;
    policy.confine_for = config.engine.confine_for;
    policy.max_confinements_per_hour = config.engine.max_confinements_per_hour;
    return policy;
}

/// Lines of a file or of stdin ("-"), compressed or not, each of bounded length.
class Lines {
  public:
    explicit Lines(const std::string& path) : name_(path == "-" ? "stdin" : path) {
        std::error_code error;
        if (fs::is_directory(path, error))
            throw Failure(Status::failed, path + ": found a folder, expected a file of JSON lines");
        size_ = path == "-" ? 0 : fs::file_size(path, error);
        if (error) size_ = 0; // a pipe, or the open fails
        file_.reset(path == "-" ? ::gzdopen(::dup(STDIN_FILENO), "rb") : ::gzopen(path.c_str(), "rb"));
        if (!file_) throw Failure(Status::failed, path + ": " + std::generic_category().message(errno));
        ::gzbuffer(file_.get(), 256 * 1024);
    }

    bool next(std::string_view& line) {
        do {
            if (!read(line)) return false;
            ++number_;
        } while (trim(line).empty());
        return true;
    }
    [[noreturn]] void wrong(const std::string& what) const {
        throw Failure(Status::failed, name_ + ":" + std::to_string(number_) + ": " + what);
    }
    std::uint64_t number() const { return number_; }
    /// 0 to 100, or -1 when nobody knows.
    int percent() const {
        const auto read = ::gzoffset(file_.get());
        if (size_ == 0 || read < 0) return -1;
        return static_cast<int>(100 * std::min<std::uint64_t>(static_cast<std::uint64_t>(read), size_) / size_);
    }

  private:
    struct Close {
        void operator()(gzFile file) const { ::gzclose(file); }
    };

    bool read(std::string_view& line) {
        for (std::size_t searched = begin_;;) {
            const auto* found = static_cast<const char*>(
                std::memchr(buffer_.data() + searched, '\n', end_ - searched));
            if (found || (is_at_end_ && begin_ < end_)) {
                const auto until = found ? static_cast<std::size_t>(found - buffer_.data()) : end_;
                line = std::string_view(buffer_.data() + begin_, until - begin_);
                begin_ = std::min(until + 1, end_);
                return true;
            }
            if (is_at_end_) return false;
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
            searched = end_;
            if (end_ > detect::ReplayReader::max_line) {
                ++number_;
                wrong("found a line above 1 MiB, expected one JSON object per line");
            }
            const int taken = ::gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
            int trouble = Z_OK;
            const char* const words = ::gzerror(file_.get(), &trouble);
            if (taken < 0 || (trouble != Z_OK && trouble != Z_STREAM_END))
                throw Failure(Status::failed, name_ + ": cannot be read further: " + words);
            is_at_end_ = taken == 0;
            end_ += static_cast<std::size_t>(taken);
        }
    }

    std::string name_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::vector<char> buffer_ = std::vector<char>(2 * detect::ReplayReader::max_line);
    std::size_t begin_ = 0, end_ = 0; // of what is in the buffer and not yet given out
    std::uint64_t number_ = 0, size_ = 0;
    bool is_at_end_ = false;
};

/// On stderr, when that is a terminal.
class Progress {
  public:
    ~Progress() {
        if (shown_) std::cerr << "\r\x1b[K";
    }
    void show(const Lines& lines) {
        if (!is_wanted_ || lines.number() % 10'000 != 0) return;
        shown_ = true;
        std::cerr << "\r" << lines.number() << " lines";
        if (lines.percent() >= 0) std::cerr << ", " << lines.percent() << " %";
        std::cerr << "\x1b[K" << std::flush;
    }

  private:
    const bool is_wanted_ = ::isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
};

struct Sums {
    std::uint64_t lines = 0, confinements = 0, tickets = 0, releases = 0;
    double seconds = 0;

    void count(Action action) {
        confinements += action == Action::confine;
        tickets += action == Action::ticket;
        releases += action == Action::release;
    }
};

std::string line_of(const detect::ReplayDecision& decision) {
    const auto level =
        decision.action == Action::ticket ? subscriber::Level::watch : subscriber::Level::block;
    Json json;
    json["ts"] = static_cast<double>(decision.at.time_since_epoch().count()) / 1e6;
    json["subscriber"] = decision.subscriber;
    json["action"] = std::string(to_string(decision.action));
    json["level"] = std::string(subscriber::to_string(level));
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

std::int64_t per_second(std::uint64_t count, const Sums& sums) {
    return std::llround(static_cast<double>(count) / sums.seconds);
}

void print_text(const Sums& sums, const detect::Replay& replay, std::uint64_t unmatched) {
    const auto confined = replay.confined();
    std::cout << show_count(sums.lines, "line") << ", " << per_second(sums.lines, sums) << " a second; "
              << show_count(replay.events(), "event") << " for the detector, "
              << per_second(replay.events(), sums) << " a second.\n"
              << show_count(confined.size(), "subscriber") << " of " << replay.subscribers() << " confined, "
              << show_count(sums.confinements, "confinement") << ", " << show_count(sums.releases, "release")
              << ", " << show_count(sums.tickets, "ticket") << " without one.\n";
    if (unmatched > 0)
        std::cout << show_count(unmatched, "delivery line")
                  << " left aside: the message is not in the recording.\n";
    if (confined.empty()) return;
    std::cout << "\nConfined, those who went on most first:\n";
    Table table({"SUBSCRIBER", "FIRST", "TIMES", "SENT BEFORE", "HELD BACK", "WHY"});
    for (std::size_t i = 0; i < confined.size() && i < 10; ++i)
        table.add({confined[i].subscriber, show_time(confined[i].first),
                   std::to_string(confined[i].confinements), std::to_string(confined[i].passed),
                   std::to_string(confined[i].held_back), confined[i].reason});
    table.print();
    if (confined.size() > 10) std::cout << "and " << confined.size() - 10 << " more\n";
}

void print(const Sums& sums, const detect::Replay& replay, std::uint64_t unmatched) {
    Json json;
    json["lines"] = sums.lines;
    json["events"] = replay.events();
    json["seconds"] = sums.seconds;
    json["lines_per_second"] = per_second(sums.lines, sums);
    json["events_per_second"] = per_second(replay.events(), sums);
    json["unmatched_deliveries"] = unmatched;
    json["subscribers"] = replay.subscribers();
    json["confinements"] = sums.confinements;
    json["releases"] = sums.releases;
    json["tickets"] = sums.tickets;
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

/// The usual file need not be there: a recording may be looked at on any machine.
config::Config configuration(Context& context, bool is_given) {
    std::error_code ignored;
    if (is_given || fs::exists(context.config_file, ignored)) return context.configuration();
    auto defaults = config::parse(config::example(), context.config_file, context.overrides);
    if (!defaults) throw Failure(Status::config, defaults.error().to_string());
    return std::move(*defaults);
}

void backtest(Context& context, const Paths& paths) {
    const config::Config config = configuration(context, paths.is_config_given);
    const detect::Options options = options_of(config, paths);
    Lines lines(paths.input);
    std::error_code ignored;
    if (fs::equivalent(paths.input, paths.decisions, ignored))
        throw Failure(Status::usage, "--decisions must not be the recording itself");
    std::ofstream out(paths.decisions, std::ios::binary);
    if (!out) throw Failure(Status::failed, paths.decisions + ": " + std::generic_category().message(errno));

    const auto start = std::chrono::steady_clock::now();
    detect::ReplayReader reader(config.content.reject_score);
    detect::Replay replay(options, policy_of(config));
    std::vector<detect::ReplayDecision> decisions;
    Sums sums;
    {
        Progress progress;
        for (std::string_view line; lines.next(line); ++sums.lines) {
            auto recorded = reader.read(line);
            if (!recorded) lines.wrong(recorded.error().message);
            if (auto taken = replay.take(*recorded, decisions); !taken) lines.wrong(taken.error().message);
            for (const auto& decision : decisions) {
                sums.count(decision.action);
                out << line_of(decision) << "\n";
            }
            decisions.clear();
            progress.show(lines);
        }
    }
    out.flush();
    if (!out) throw Failure(Status::failed, paths.decisions + ": cannot be written");
    sums.seconds =
        std::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 1e-6);
    (context.json ? print : print_text)(sums, replay, reader.unmatched());
}

} // namespace

void add_backtest(arguments::Command& program, Context& context) {
    auto paths = std::make_shared<Paths>();
    auto command = program.add("backtest", about);
    command.footer(footer);
    command.option("--input", paths->input, "the recording; - is stdin").required().is("FILE");
    command.option("--decisions", paths->decisions, "where the decisions go").required().is("FILE");
    command.option("--without", paths->without, "a kind of evidence that is left out").is("KIND");
    command.option("--assume", paths->assumptions, "another value of an assumption").is("NAME=VALUE");
    command.run([&program, &context, paths] {
        paths->is_config_given = program.is_given("--config");
        backtest(context, *paths);
    });
}

} // namespace lazaret::cli
