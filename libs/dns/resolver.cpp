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

using Clock = Cache<Answer>::Clock;
using Timer = net::asio::basic_waitable_timer<Clock, net::asio::wait_traits<Clock>, net::Executor>;


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
std::string plain(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return ascii_lowercase(name);
}

/// Under which its answer is kept.
std::string key_of(const Question& question) {
    return question.name + '/' + std::to_string(static_cast<int>(question.type));
}

bool has_addresses(Type type) {
    return type == Type::a || type == Type::aaaa;
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
        : executor(with), settings(given), addresses(given.max_cached), texts(given.max_texts_cached),
          channel(std::make_unique<Channel>(with, given)) {}
    ~State() { channel.reset(); } // its last answers find everything else still there

    Cache<Answer>& cache_of(Type type) { return has_addresses(type) ? addresses : texts; }

    void ask(const Question& question, const Place& place) {
        const auto key = key_of(question);
        if (const auto* known = cache_of(question.type).find(key, Clock::now())) {
            numbers().cached.Increment();
            return place.batch->set(place.index, *known);
        }
        if (const auto asked = waiting.find(key); asked != waiting.end()) {
            asked->second.push_back(place);
            return;
        }
        const auto& name = question.name;
        if (!channel || waiting.size() >= settings.max_in_flight || name.empty() || name.size() > longest_name) {
            numbers().busy.Increment();
            return place.batch->set(place.index, Answer());
        }
        waiting[key].push_back(place);
        channel->ask(question, [this, key, type = question.type](Answer answer, std::chrono::seconds ttl) {
            learn(key, type, std::move(answer), ttl);
        });
    }

    void learn(const std::string& key, Type type, Answer answer, Duration ttl) {
        using enum Answer::State;
        Duration good = settings.failed_ttl;
        if (answer.state == found) good = std::clamp(ttl, settings.min_ttl, settings.max_ttl);
        if (answer.state == none) good = settings.none_ttl;
        (answer.state == found ? numbers().found : answer.state == none ? numbers().none : numbers().failed).Increment();
        auto places = std::move(waiting[key]);
        waiting.erase(key);
        for (const auto& each : places)
            each.batch->set(each.index, answer);
        cache_of(type).put(key, std::move(answer), Clock::now() + good);
    }

    net::Executor executor;
    ResolverSettings settings;
    Cache<Answer> addresses, texts;
    std::unordered_map<std::string, std::vector<Place>> waiting;
    std::unique_ptr<Channel> channel; ///< null once it is over
};

Resolver::Resolver(net::Executor executor, const ResolverSettings& settings)
    : state_(std::make_unique<State>(executor, settings)) {}

Resolver::~Resolver() = default;

void Resolver::stop() {
    state_->channel.reset();
}

net::task<Answer> Resolver::ask(Question question, Duration limit) {
    std::vector<Question> one;
    one.push_back(std::move(question));
    auto answers = co_await ask(std::move(one), limit);
    co_return std::move(answers.front());
}

net::task<std::vector<Answer>> Resolver::ask(std::vector<Question> questions, Duration limit) {
    const auto batch = std::make_shared<Batch>(state_->executor, questions.size());
    batch->timer.expires_after(limit);
    for (std::size_t i = 0; i < questions.size(); ++i) {
        questions[i].name = plain(questions[i].name);
        state_->ask(questions[i], Place(batch, i));
    }
    if (batch->left > 0) co_await batch->timer.async_wait(net::use_task);
    batch->over = true;
    co_return std::move(batch->answers);
}

} // namespace lazaret::dns
