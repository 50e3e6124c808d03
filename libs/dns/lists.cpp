#include "dns/lists.hpp"

#include "log/log.hpp"
#include "metrics/registry.hpp"

#include <array>
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

net::task<std::vector<Hit>> Lists::look_up(std::vector<std::string> domains, std::vector<IpAddress> addresses, Duration limit) {
    std::vector<std::string> names;
    for (const auto& list : lists_) {
        const bool of_domains = list.of == List::Of::domains;
        if (of_domains ? domains.empty() : addresses.empty()) continue;
        names.push_back(control_question(list));
        if (of_domains)
            for (const auto& each : domains)
                names.push_back(question(list, each));
        else
            for (const auto& each : addresses)
                names.push_back(question(list, each));
    }
    std::vector<Hit> hits;
    if (names.empty()) co_return hits;
    const auto answers = co_await resolver_.ask(std::move(names), limit);

    std::size_t at = 0;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
        const auto& list = lists_[i];
        auto& watched = watched_[i];
        const bool of_domains = list.of == List::Of::domains;
        const auto count = of_domains ? domains.size() : addresses.size();
        if (count == 0) continue;
        const auto control = judge(list, answers[at++]);
        if (control == Listing::listed) watched.set_off(list.name, true, "a DNS list lists what no list may have: it is not believed");
        bool refused = control == Listing::refused;
        for (std::size_t subject = 0; subject < count; ++subject) {
            const auto listing = judge(list, answers[at++]);
            refused |= listing == Listing::refused;
            if (listing == Listing::listed && control == Listing::listed) {
                watched.everything.Increment();
                continue;
            }
            watched.by_listing[static_cast<std::size_t>(listing)]->Increment();
            if (listing == Listing::listed && control == Listing::not_listed)
                hits.emplace_back(list, of_domains ? domains[subject] : addresses[subject].to_string());
        }
        if (refused) watched.set_off(list.name, true, "a DNS list refuses to answer: see what its operator says of the resolver in use");
        else if (control == Listing::not_listed) watched.set_off(list.name, false, "");
    }
    co_return hits;
}

} // namespace lazaret::dns
