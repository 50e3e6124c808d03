#include "dns/lists.hpp"

#include "log/log.hpp"
#include "metrics/registry.hpp"
#include "net/together.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace lazaret::dns {

namespace {

metrics::Counter& total(const std::string& list, std::string_view result) {
    return metrics::counter("lazaret_dns_list_total", "Subjects looked up in DNS lists, by list and result.",
                            {{"list", list}, {"result", std::string(result)}});
}

} // namespace

/// Whether a list can be believed, as its last answers have it.
struct Lists::Watched {
    explicit Watched(const std::string& list)
        : by_listing{&total(list, "listed"), &total(list, "not_listed"), &total(list, "refused"), &total(list, "away")},
          everything(total(list, "everything")),
          off_gauge(metrics::gauge("lazaret_dns_list_off",
                                   "Threads that do not believe a DNS list, because it lists what no list may have or "
                                   "refuses to answer.",
                                   {{"list", list}})) {}

    std::array<metrics::Counter*, 4> by_listing;
    metrics::Counter& everything;
    metrics::Gauge& off_gauge;
    bool off = false;

    void set_off(const std::string& list, bool now, std::string_view why) {
        if (off == now) return;
        off = now;
        off ? off_gauge.Increment() : off_gauge.Decrement();
        if (off) log::error("dns_list_off", why, {{"list", list}});
        else log::info("dns_list_back", "a DNS list answers as it should again", {{"list", list}});
    }
};

Lists::Lists(std::vector<List> lists, Resolver& resolver) : lists_(std::move(lists)), resolver_(resolver) {
    for (const auto& each : lists_)
        watched_.emplace_back(each.name);
}

Lists::~Lists() {
    for (auto& each : watched_)
        if (each.off) each.off_gauge.Decrement();
}

net::task<std::vector<Report>> Lists::look_up(std::vector<std::string> domains, std::vector<IpAddress> addresses, Duration limit) {
    std::vector<net::task<Report>> asked;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
        const auto& list = lists_[i];
        std::vector<std::string> subjects;
        std::vector<Question> questions{Question(control_question(list))};
        const auto add = [&](const auto& subject, std::string shown) {
            auto asked_about = question(list, subject);
            if (asked_about.empty()) return; // longer than names may be: no list has it
            questions.emplace_back(std::move(asked_about));
            subjects.push_back(std::move(shown));
        };
        if (list.of == List::Of::domains)
            for (const auto& each : domains) add(each, each);
        else
            for (const auto& each : addresses) add(each, each.to_string());
        if (!subjects.empty()) asked.push_back(ask(i, std::move(subjects), std::move(questions), limit));
    }
    auto all = net::together(std::move(asked));
    co_return co_await std::move(all);
}

net::task<Report> Lists::ask(std::size_t number, std::vector<std::string> subjects, std::vector<Question> questions, Duration limit) {
    const auto begun = std::chrono::steady_clock::now();
    const auto answers = co_await resolver_.ask(std::move(questions), limit);

    const auto& list = lists_[number];
    auto& watched = watched_[number];
    Report report;
    report.list = &list;
    const auto control = judge(list, answers.front());
    if (control == Listing::listed) watched.set_off(list.name, true, "a DNS list lists what no list may have: it is not believed");
    bool refused = control == Listing::refused, away = control == Listing::away;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        const auto listing = judge(list, answers[i + 1]);
        refused |= listing == Listing::refused;
        away |= listing == Listing::away;
        if (listing == Listing::listed && control == Listing::listed) {
            watched.everything.Increment();
            continue;
        }
        watched.by_listing[static_cast<std::size_t>(listing)]->Increment();
        if (listing == Listing::listed && control == Listing::not_listed) report.listed.push_back(std::move(subjects[i]));
    }
    if (refused) watched.set_off(list.name, true, "a DNS list refuses to answer: see what its operator says of the resolver in use");
    else if (control == Listing::not_listed) watched.set_off(list.name, false, "");
    report.state = watched.off ? Report::State::off : away ? Report::State::away : Report::State::answered;
    report.took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
    co_return report;
}

} // namespace lazaret::dns
