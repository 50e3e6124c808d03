#include "dns/spf_hints.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <set>

namespace lazaret::dns {

using spf::Verdict;
using Clock = std::chrono::steady_clock;

struct SpfHints::State {
    State(net::Executor with, std::shared_ptr<Resolver> by, const SpfHintSettings& given)
        : executor(with), resolver(std::move(by)), settings(given), known(given.max_cached) {}

    net::Executor executor;
    std::shared_ptr<Resolver> resolver;
    SpfHintSettings settings;
    Cache<Verdict> known;
    std::set<std::string> asked; ///< under way

    /// Keeps itself alive; what it is given belongs to it.
    static net::task<> find_out(std::shared_ptr<State> self, std::string domain) {
        auto worst = Verdict::pass;
        for (const auto& address : self->settings.egress) {
            SpfQuestion question(address, domain, self->settings.helo);
            const auto verdict = co_await check_host(*self->resolver, std::move(question), self->settings.limit);
            worst = spf::worse(worst, verdict);
        }
        const auto good = worst == Verdict::temperror ? self->settings.error_ttl : self->settings.ttl;
        self->known.put(domain, worst, Clock::now() + good);
        self->asked.erase(domain);
    }
};

SpfHints::SpfHints(net::Executor executor, std::shared_ptr<Resolver> resolver, const SpfHintSettings& settings)
    : state_(std::make_shared<State>(executor, std::move(resolver), settings)) {}

std::optional<Verdict> SpfHints::ask(const std::string& domain) {
    auto& state = *state_;
    if (state.settings.egress.empty()) return std::nullopt;
    if (const auto* verdict = state.known.find(domain, Clock::now())) return *verdict;
    if (state.asked.size() >= state.settings.max_in_flight || !state.asked.insert(domain).second) return std::nullopt;
    net::asio::co_spawn(state.executor, State::find_out(state_, domain), [](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown); // a bug
    });
    // An answer that the resolver remembers is there by now.
    if (const auto* verdict = state.known.find(domain, Clock::now())) return *verdict;
    return std::nullopt;
}

} // namespace lazaret::dns
