// backtest: the engine's decisions on mail of the past, before anything is enforced.

#include "cli/backtest.hpp"
#include "cli/commands.hpp"
#include "config/example.hpp"
#include "config/load.hpp"
#include "core/text.hpp"
#include "files/engine.hpp"
#include "store/history.hpp"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <memory>

namespace lazaret::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* about =
    "what the engine would have decided on recorded mail: who would have been confined, when and why";
constexpr const char* footer =
    R"(--input FILE is a recording: JSON lines in the order of time. {"type":"message","id","ts","subscriber",
"rcpts":[...]} and, if known, "client_ip", "account", "helo", "mail_from", "size", "content": "spam" (a scanner
in mode warn has found it), "ham" or "unknown", "fingerprint": a similarity hash of the text, 16 hexadecimal
digits, "uri_hosts": a list of registrable domains and addresses that links lead to, "agent": the mail program;
{"type":"delivery","ts","message":ID,"delivered":N,"nonexistent":N} when results become known. Times are
seconds since 1970. A compressed recording (gzip) is read as it is. It names no class: everybody begins
with the habits of class dynamic, and nobody is protected.

--from-database takes the events of all nodes from PostgreSQL, by time, however many they are; the server
sorts a day at a time. Class and protection are those of today. What happened then is not undone: mail that a
quarantine or a limit refused at the time is counted, but no evidence, and what would have become of it
nobody knows. Events know less than a recording where an older version wrote them (no fingerprint before
0002_event_fingerprint.sql, no hosts of links and no mail program before 0008_campaign_names.sql), where
Postfix's log was not read (no delivery results: acceptance counts as success if there is none in all the time),
and where they have been removed by age. On the first days nobody's habit is known yet. "message" of a decision
is the trace id that `lazaret event list --trace` takes.

Decisions are JSON lines: ts, subscriber, action (confine, ticket, release), level, scope (everything, account,
address, bounces), part (the login or address), cause, message, reason, and campaign for all subscribers that send something together. "message" is the one whose sending tipped it,
null when a delivery result did.

--without KIND leaves a kind of evidence out: content, failing_recipients, fan_out, volume, spread,
null_sender, campaign, login_failures. --assume NAME=VALUE changes an assumption of the model, NAME=xFACTOR
multiplies it.

The detector is the engine's, with its options: engine.*, content.reject_score. For a recording defaults hold
without --config and without the usual file.

A confinement lasts engine.confine_for; then "release" is written and the evidence begins anew. While it
lasts the subscriber's messages, which would have been refused, and their results are held back from the
detector. The time in which a confinement spreads is not imitated.)";

struct Wish {
    std::string input, decisions;
    bool from_database = false;
    std::uint32_t days = 7;
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

detect::Options options_of(const config::Config& config, const Wish& wish) {
    detect::Options options = cli::options_of(config);
    for (const std::string& name : wish.without)
        leave_out(options, name);
    for (const std::string& assumption : wish.assumptions)
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

/// The usual file need not be there: a recording may be looked at on any machine.
config::Config configuration(Context& context, bool is_given) {
    std::error_code ignored;
    if (is_given || fs::exists(context.config_file, ignored)) return context.configuration();
    auto defaults = config::parse(config::example(), context.config_file, context.overrides);
    if (!defaults) throw Failure(Status::config, defaults.error().to_string());
    return std::move(*defaults);
}

void check(const Wish& wish, bool are_days_given) {
    if (!wish.input.empty() && wish.from_database)
        throw Failure(Status::usage,
                      "--input and --from-database exclude each other: the one is a recording, the other the ISP's own history");
    if (wish.input.empty() && !wish.from_database)
        throw Failure(Status::usage, "what shall be tried? --input FILE names a recording, --from-database the ISP's own history");
    if (are_days_given && !wish.from_database)
        throw Failure(Status::usage, "--days goes with --from-database: a recording is taken as a whole");
    if (wish.from_database) return;
    std::error_code ignored;
    if (fs::equivalent(wish.input, wish.decisions, ignored))
        throw Failure(Status::usage, "--decisions must not be the recording itself");
    if (wish.input != "-" && ::access(wish.input.c_str(), R_OK) != 0) // before the old decisions are overwritten
        throw Failure(Status::failed, wish.input + ": " + std::generic_category().message(errno));
}

void backtest(Context& context, const Wish& wish) {
    // The usual file need not be there for a recording, which may be looked at on any machine.
    const config::Config config =
        wish.from_database ? context.configuration() : configuration(context, wish.is_config_given);
    detect::Options options = options_of(config, wish);
    const Time until = now(), since = until - std::chrono::hours(24) * static_cast<int>(wish.days);
    if (wish.from_database)
        options.reading.delivery_results =
            value_or_fail(store::has_delivery_results(context.database(), since, until));
    Trial trial(options, policy_of(config), wish.decisions);
    if (wish.from_database)
        take_history(trial, context, since, until);
    else
        take_recording(trial, wish.input, config.content.reject_score);
    trial.finish();
    (context.json ? print_json : print_text)(trial);
}

} // namespace

detect::Options options_of(const config::Config& config) {
    std::vector<config::Conflict> wrong;
    auto options = files::detection(config, wrong);
    if (!wrong.empty()) throw Failure(Status::config, wrong.front().message);
    options.reading.delivery_results = true; // a recording has them, whatever this machine reads
    return options;
}

void add_backtest(arguments::Command& program, Context& context) {
    auto wish = std::make_shared<Wish>();
    auto command = program.add("backtest", about);
    command.footer(footer);
    command.option("--input", wish->input, "a recording; - is stdin").is("FILE");
    command.flag("--from-database", wish->from_database, "the ISP's own history instead: the table of events");
    command.option("--days", wish->days, "how much of it, up to now").between(1, 400).shows_default();
    command.option("--decisions", wish->decisions, "where the decisions go").is("FILE");
    command.option("--without", wish->without, "a kind of evidence that is left out").is("KIND");
    command.option("--assume", wish->assumptions, "another value of an assumption").is("NAME=VALUE");
    command.run([&program, &context, command, wish] {
        wish->is_config_given = program.is_given("--config");
        check(*wish, command.is_given("--days"));
        backtest(context, *wish);
    });
}

} // namespace lazaret::cli
