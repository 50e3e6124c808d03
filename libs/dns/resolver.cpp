#include "dns/resolver.hpp"

#include "core/text.hpp"
#include "dns/cache.hpp"
#include "dns/channel.hpp"
#include "metrics/registry.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace lazaret::dns {

namespace {

using Clock = Cache::Clock;
using Timer = net::asio::basic_waitable_timer<Clock, net::asio::wait_traits<Clock>, net::Executor>;

constexpr std::size_t longest_name = 253; // RFC 1035 2.3.4, without the last dot

metrics::Counter& total(const char* result) {
    return metrics::counter("lazaret_dns_queries_total", "Names looked up in the DNS, by result; cached: not asked again.",
                            {{"result", result}});
}

struct Numbers {
    metrics::Counter &found = total("found"), &none = total("none"), &failed = total("failed"), &cached = total("cached"),
                     &busy = total("busy");
};

Numbers& numbers() {
    static Numbers all;
    return all;
}

/// Names are equal whatever their case (RFC 4343).
std::string key_of(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return ascii_lowercase(name);
}

/// Those who asked together, until all is known or their time is over.
struct Batch {
    Batch(const net::Executor& executor, std::size_t count) : answers(count), left(count), timer(executor) {}
    std::vector<Answer> answers;
    std::size_t left;
    bool over = false; ///< what comes now is for others
    Timer timer;

    void set(std::size_t place, const Answer& answer) {
        if (over) return;
        answers[place] = answer;
        if (--left == 0) timer.cancel();
    }
};

struct Place {
    std::shared_ptr<Batch> batch;
    std::size_t index;

    Place(std::shared_ptr<Batch> whose, std::size_t where) : batch(std::move(whose)), index(where) {}
};

} // namespace

struct Resolver::State {
    State(const net::Executor& with, const ResolverSettings& given)
        : executor(with), settings(given), cache(given.max_cached), channel(std::make_unique<Channel>(with, given)) {}
    ~State() { channel.reset(); } // its last answers find everything else still there

    void ask(const std::string& name, const Place& place) {
        if (const auto* known = cache.find(name, Clock::now())) {
            numbers().cached.Increment();
            return place.batch->set(place.index, *known);
        }
        if (const auto asked = waiting.find(name); asked != waiting.end()) {
            asked->second.push_back(place);
            return;
        }
        if (waiting.size() >= settings.max_in_flight || name.empty() || name.size() > longest_name) {
            numbers().busy.Increment();
            return place.batch->set(place.index, Answer());
        }
        waiting[name].push_back(place);
        channel->ask(name, [this, name](Answer answer, std::chrono::seconds ttl) { learn(name, std::move(answer), ttl); });
    }

    void learn(const std::string& name, Answer answer, Duration ttl) {
        using enum Answer::State;
        Duration good = settings.failed_ttl;
        if (answer.state == found) good = std::clamp(ttl, settings.min_ttl, settings.max_ttl);
        if (answer.state == none) good = settings.none_ttl;
        (answer.state == found ? numbers().found : answer.state == none ? numbers().none : numbers().failed).Increment();
        auto places = std::move(waiting[name]);
        waiting.erase(name);
        for (const auto& each : places)
            each.batch->set(each.index, answer);
        cache.put(name, std::move(answer), Clock::now() + good);
    }

    net::Executor executor;
    ResolverSettings settings;
    Cache cache;
    std::unordered_map<std::string, std::vector<Place>> waiting;
    std::unique_ptr<Channel> channel;
};

Resolver::Resolver(net::Executor executor, const ResolverSettings& settings)
    : state_(std::make_unique<State>(executor, settings)) {}

Resolver::~Resolver() = default;

net::task<std::vector<Answer>> Resolver::ask(std::vector<std::string> names, Duration limit) {
    const auto batch = std::make_shared<Batch>(state_->executor, names.size());
    batch->timer.expires_after(limit);
    for (std::size_t i = 0; i < names.size(); ++i)
        state_->ask(key_of(names[i]), Place(batch, i));
    if (batch->left > 0) co_await batch->timer.async_wait(net::use_task);
    batch->over = true;
    co_return std::move(batch->answers);
}

} // namespace lazaret::dns
