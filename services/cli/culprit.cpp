// culprit: who got us listed?

#include "detect/culprit.hpp"
#include "cli/backtest.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/since.hpp"
#include "core/text.hpp"
#include "store/history.hpp"
#include "store/quarantine.hpp"

#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

namespace lazaret::cli {

namespace {

constexpr const char* about = "who got us listed: subscribers by their share in the evidence of a time";
constexpr const char* footer =
    R"(Ranks the subscribers whose mail went out in this time by the evidence against each at its worst moment, as
the engine weighs it (docs/architecture/detection.md), in nats: at 7 nats what was seen is a thousand times
likelier of an offender than of this very subscriber being honest. Habits are learned from the --habit days
before. Who has been confined by then or since is listed all the same; what a quarantine or a limit refused is
no evidence.

Of n honest subscribers one in all comes to ln n nats: only those above stand out, and shares are shares of the
nats of those. When nobody does, that is said.

Other servers' refusals that name a blocklist, speak of reputation or call a message spam count as far as they
go beyond what everybody's mail meets in this time: once an address is listed, all are refused. --listing ZONE
leaves aside refusals that name lists of other operators only. --egress IP leaves aside refusals that name
other addresses only; by which address a message left is recorded nowhere else, so that subscribers are not
sorted out by it.

TIME is a length like 12h or 7d, that long ago, or a point like 2026-11-21T10:42:00Z. Choose --until a little
before the first refusal that names the list, and --since a day earlier.)";

struct Wish {
    std::string since = "1d", until, egress, listing;
    std::uint32_t habit = 14, limit = 10;
};

constexpr std::size_t looked_at_again = 200;
constexpr Duration longest_sort = std::chrono::hours(1);

struct Picture {
    detect::Culprits::Window window;
    std::vector<detect::Culprit> ranking;
    std::vector<detect::RefusalCount> refusals;
    std::vector<std::string> confined; ///< in words, one for each of the ranking that is printed
    double bar = 0, threshold = 0;
    std::uint64_t senders = 0, messages = 0;
    std::size_t standing_out() const {
        std::size_t count = 0;
        while (count < ranking.size() && ranking[count].share > 0)
            ++count;
        return count;
    }
};

detect::Culprits::Window window_of(const Wish& wish) {
    detect::Culprits::Window window;
    window.since = parse_since(wish.since, "--since");
    window.until = wish.until.empty() ? now() : parse_since(wish.until, "--until");
    if (window.since >= window.until)
        throw Failure(Status::usage, "--since " + wish.since + ": found a time that is not before --until");
    if (!wish.egress.empty()) {
        auto address = IpAddress::parse(wish.egress);
        if (!address) throw Failure(Status::usage, "--egress " + printable(wish.egress, 60) + ": expected an IP address");
        window.egress = *address;
    }
    window.listing = wish.listing;
    return window;
}

detect::Options options_of(Context& context, Time since, Time until) {
    detect::Options options = cli::options_of(context.configuration());
    options.reading.delivery_results = value_or_fail(store::has_delivery_results(context.database(), since, until));
    return options;
}

void read(store::Database& database, const store::HistoryFilter& filter, detect::Culprits& culprits, Progress& progress,
          std::uint64_t& count) {
    value_or_fail(store::read_history(database, filter, [&](const std::vector<event::Event>& page) -> Result<void> {
        for (const auto& event : page)
            if (auto taken = culprits.take(event); !taken) return taken.error();
        progress.show(count += page.size(), "events", -1);
        return {};
    }));
}

/// First everybody in this time as if they had no past, then the foremost with theirs: the past of all would be most of the work.
void look(Context& context, detect::Culprits& culprits, const detect::Culprits::Window& window, std::uint32_t habit) {
    auto settings = context.database_settings(context.configuration().database.cli_role);
    settings.statement_timeout = longest_sort;
    store::Database history(settings);
    Progress progress;
    std::uint64_t count = 0;
    store::HistoryFilter filter;
    filter.since = window.since;
    filter.until = window.until;
    read(history, filter, culprits, progress, count);
    const auto names = culprits.foremost(looked_at_again);
    const auto standings = value_or_fail(store::find_standings(context.database(), names));
    filter.since -= std::chrono::hours(24) * static_cast<int>(habit);
    for (const auto& name : names) {
        const auto known = standings.find(name);
        culprits.begin_anew(name, known == standings.end() ? subscriber::Class::dynamic : known->second.klass);
        filter.subscriber = name;
        read(history, filter, culprits, progress, count);
    }
}

std::string confinement_of(Context& context, const std::string& subscriber) {
    store::QuarantineFilter filter;
    filter.subscriber = subscriber;
    filter.active_only = false;
    filter.limit = 1;
    const auto records = value_or_fail(store::list_quarantine(context.database(), filter));
    if (records.empty()) return "never confined";
    const auto& q = records[0].quarantine;
    if (records[0].active(now())) return std::string("confined (") + std::string(subscriber::to_string(q.level)) + ") since " + show_time(q.start);
    return "not confined, last from " + show_time(q.start);
}

std::string number(double value, const char* format) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

/// nullopt for one against whom only other servers speak.
std::optional<Time> worst_of(const detect::Culprit& culprit) {
    if (culprit.worst == Time{}) return std::nullopt;
    return culprit.worst;
}

/// A list's name is its own word.
std::string in_words(const std::string& reason) {
    if (reason == "listed") return "a blocklist without a name";
    if (reason == "reputation") return "our reputation";
    if (reason == "unwanted") return "called spam";
    return reason;
}

void print_refusals(const Picture& picture) {
    if (picture.refusals.empty()) {
        std::cout << "No server refused mail of this time naming a blocklist, reputation or spam.\n";
        return;
    }
    std::cout << "Other servers refused, of all mail:\n";
    Table table({"  REASON", "TIMES", "FIRST", "LAST"});
    for (std::size_t i = 0; i < picture.refusals.size() && i < 10; ++i) {
        const auto& one = picture.refusals[i];
        table.add({"  " + in_words(one.about), std::to_string(one.count), show_time(one.first), show_time(one.last)});
    }
    table.print();
}

void print_culprits(const Picture& picture, std::size_t count) {
    Table table({"SHARE", "SUBSCRIBER", "NATS", "WENT OUT", "TO", "PROBABLY", "WORST AT"});
    for (std::size_t i = 0; i < count; ++i) {
        const auto& one = picture.ranking[i];
        table.add({number(100 * one.share, "%.0f %%"), one.subscriber, number(one.nats, "%.1f"),
                   show_count(one.messages, "message"), show_count(one.recipients, "recipient"), one.cause, show_time(worst_of(one))});
    }
    table.print();
    for (std::size_t i = 0; i < count; ++i) {
        const auto& one = picture.ranking[i];
        std::cout << "\n" << one.subscriber << ", " << picture.confined[i] << "\n";
        if (!one.part.empty()) std::cout << "  of its mail, that of " << subscriber::in_words(one.scope, one.part) << ":\n";
        for (const auto& line : one.evidence)
            std::cout << "  " << number(line.nats, "%+.1f") << "  " << printable(line.words, 300) << "\n";
        if (!one.samples.empty()) std::cout << "  for instance: lazaret event list --trace " << one.samples[0].to_string() << "\n";
    }
}

void print_text(const Picture& picture, std::size_t limit) {
    const auto& window = picture.window;
    std::cout << "From " << show_time(window.since) << " to " << show_time(window.until) << " "
              << show_count(picture.messages, "message") << " of " << show_count(picture.senders, "subscriber") << " went out.\n";
    print_refusals(picture);
    const auto count = picture.standing_out();
    std::cout << "\n";
    if (count == 0) {
        std::cout << "Nobody stands out: of so many honest subscribers the unluckiest comes to " << number(picture.bar, "%.1f")
                  << " nats.";
        if (!picture.ranking.empty())
            std::cout << " Most has " << picture.ranking[0].subscriber << " with " << number(picture.ranking[0].nats, "%.1f") << ".";
        std::cout << "\nTry an earlier --since; or it was many, each a little, or mail that did not pass here.\n";
        return;
    }
    std::cout << show_count(count, "subscriber") << (count == 1 ? " stands" : " stand") << " out (above " << number(picture.bar, "%.1f")
              << " nats; the engine confines at " << number(picture.threshold, "%.1f") << "):\n";
    print_culprits(picture, std::min(count, limit));
    if (count > limit) std::cout << "\nand " << count - limit << " more (--limit)\n";
}

void print_json(const Picture& picture, std::size_t limit) {
    Json json;
    json["since"] = format_rfc3339(picture.window.since);
    json["until"] = format_rfc3339(picture.window.until);
    json["subscribers"] = picture.senders;
    json["messages"] = picture.messages;
    json["bar"] = picture.bar;
    json["threshold"] = picture.threshold;
    json["standing_out"] = picture.standing_out();
    json["refusals"] = Json::array();
    for (const auto& refusal : picture.refusals) {
        Json one;
        one["about"] = refusal.about;
        one["count"] = refusal.count;
        one["first"] = format_rfc3339(refusal.first);
        one["last"] = format_rfc3339(refusal.last);
        json["refusals"].push_back(std::move(one));
    }
    json["culprits"] = Json::array();
    for (std::size_t i = 0; i < picture.ranking.size() && i < limit; ++i) {
        const auto& culprit = picture.ranking[i];
        Json one;
        one["subscriber"] = culprit.subscriber;
        one["share"] = culprit.share;
        one["nats"] = culprit.nats;
        one["scope"] = std::string(subscriber::to_string(culprit.scope));
        if (!culprit.part.empty()) one["part"] = culprit.part;
        one["cause"] = culprit.cause;
        const auto worst = worst_of(culprit);
        one["worst"] = worst ? Json(format_rfc3339(*worst)) : Json();
        one["messages"] = culprit.messages;
        one["recipients"] = culprit.recipients;
        one["confinement"] = picture.confined[i];
        one["evidence"] = Json::array();
        for (const auto& line : culprit.evidence)
            one["evidence"].push_back({{"kind", line.kind}, {"nats", line.nats}, {"count", line.count}, {"reason", line.words}});
        one["samples"] = Json::array();
        for (const auto& trace : culprit.samples)
            one["samples"].push_back(trace.to_string());
        json["culprits"].push_back(std::move(one));
    }
    cli::print_json(json);
}

void culprit(Context& context, const Wish& wish) {
    Picture picture;
    picture.window = window_of(wish);
    const auto options = options_of(context, picture.window.since, picture.window.until);
    detect::Culprits culprits(options, picture.window);
    look(context, culprits, picture.window, wish.habit);
    picture.ranking = culprits.ranking(looked_at_again);
    picture.refusals = culprits.refusals();
    picture.bar = culprits.bar();
    picture.threshold = detect::Detector(options).threshold();
    picture.senders = culprits.senders();
    picture.messages = culprits.messages();
    for (std::size_t i = 0; i < picture.ranking.size() && i < wish.limit; ++i)
        picture.confined.push_back(confinement_of(context, picture.ranking[i].subscriber));
    (context.json ? print_json : print_text)(picture, wish.limit);
}

} // namespace

void add_culprit(arguments::Command& program, Context& context) {
    auto wish = std::make_shared<Wish>();
    auto command = program.add("culprit", about);
    command.footer(footer);
    command.option("--since", wish->since, "begin of the time that is looked at").is("TIME").shows_default();
    command.option("--until", wish->until, "its end; now, if it is left out").is("TIME");
    command.option("--egress", wish->egress, "the address of ours that is listed").is("IP");
    command.option("--listing", wish->listing, "the list's zone, such as zen.spamhaus.org").is("ZONE");
    command.option("--habit", wish->habit, "days before, from which habits are known").between(0, 400).shows_default();
    command.option("--limit", wish->limit, "at most so many subscribers").between(1, 200).shows_default();
    command.run([&context, wish] { culprit(context, *wish); });
}

} // namespace lazaret::cli
