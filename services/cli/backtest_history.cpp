// backtest --from-database: the ISP's own history.

#include "cli/backtest.hpp"
#include "detect/replay_event.hpp"
#include "store/history.hpp"

#include <map>
#include <unordered_set>

namespace lazaret::cli {

namespace {

/// Sorting a day of a large ISP takes the server more than the minute that is enough for every other question.
constexpr Duration longest_sort = std::chrono::hours(1);

class Past {
  public:
    Past(Trial& trial, Context& context, Time since, Time until)
        : trial_(trial), directory_(context.database()), since_(since), until_(until) {}

    Result<void> take(const std::vector<event::Event>& page) {
        if (auto met = meet(page); !met) return met.error();
        Tally& tally = trial_.tally;
        for (const event::Event& event : page) {
            ++tally.lines;
            if (event.type == event::Type::message_refused) {
                tally.past->refused_by_quarantine += event.refused_by == event::RefusedBy::quarantine;
                tally.past->refused_by_limit += event.refused_by == event::RefusedBy::limit;
            }
            if (event.subscriber.empty()) {
                ++tally.past->nameless;
                continue;
            }
            detect::Recorded line = detect::recorded(event);
            if (const auto found = standings_.find(event.subscriber); found != standings_.end()) {
                line.klass = found->second.klass;
                line.is_protected = found->second.is_protected;
            }
            if (auto taken = trial_.take(line); !taken) return taken.error();
        }
        if (!page.empty())
            progress_.show(tally.lines, "events",
                           static_cast<int>(100 * (page.back().at - since_) / (until_ - since_)));
        return {};
    }

  private:
    /// Who is new on this page: class and protection are looked up once.
    Result<void> meet(const std::vector<event::Event>& page) {
        standings_.clear();
        std::vector<std::string> strangers;
        for (const event::Event& event : page)
            if (!event.subscriber.empty() && met_.insert(event.subscriber).second) strangers.push_back(event.subscriber);
        if (strangers.empty()) return {};
        auto found = store::find_standings(directory_, strangers);
        if (!found) return found.error();
        standings_ = std::move(*found);
        return {};
    }

    Trial& trial_;
    store::Database& directory_;
    const Time since_, until_;
    std::unordered_set<std::string> met_;
    std::map<std::string, store::Standing> standings_; // of those who are new on this page
    Progress progress_;
};

} // namespace

void take_history(Trial& trial, Context& context, Time since, Time until) {
    auto settings = context.database_settings(context.configuration().database.cli_role);
    settings.statement_timeout = longest_sort;
    store::Database history(settings);
    trial.tally.past.emplace();
    trial.tally.past->since = since;
    trial.tally.past->until = until;
    Past past(trial, context, since, until);
    store::HistoryFilter filter;
    filter.since = since;
    filter.until = until;
    value_or_fail(store::read_history(history, filter, [&past](const auto& page) { return past.take(page); }));
}

} // namespace lazaret::cli
