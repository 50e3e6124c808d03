#include "files/engine.hpp"

namespace lazaret::files {

using Wrong = std::vector<config::Conflict>;

detect::Options detection(const config::Config& config, Wrong& wrong) {
    detect::Options out;
    out.false_alarms_per_year = config.engine.false_alarms_per_year;
    out.half_life = config.engine.half_life;
    out.reading.reject_score = config.content.reject_score;
    out.reading.delivery_results = !config.engine.postfix_logs.empty() || !config.engine.postfix_units.empty();
    auto replies = detect::Replies::load(config.engine.replies_file);
    if (replies) out.reading.replies = std::move(*replies);
    else wrong.push_back({"engine.replies_file", replies.error().message, "", config.engine.replies_file});
    return out;
}

namespace {

std::optional<respond::Target> target(const config::Tickets& config, Wrong& wrong) {
    if (config.url.empty()) return std::nullopt;
    respond::Target out;
    out.timeout = config.timeout;
    auto url = net::Url::parse(config.url);
    if (url) out.url = std::move(*url);
    else wrong.push_back({"tickets.url", url.error().message, "", {}});
    auto secret = respond::Secret::load(config.secret_file);
    if (secret) out.secret = std::move(*secret);
    else wrong.push_back({"tickets.secret_file", secret.error().message, "", config.secret_file});
    if (!out.url.tls) return out;
    auto tls = net::TlsContext::client(net::TlsContext::Verify::yes);
    if (tls) out.tls = std::move(*tls);
    else wrong.push_back({"tickets.url", tls.error().message, "", {}});
    return out;
}

} // namespace

std::optional<Engine> Engine::load(const config::Config& config, Wrong& wrong) {
    const auto before = wrong.size();
    Engine out;
    out.detection = files::detection(config, wrong);
    out.tickets = target(config.tickets, wrong);
    if (wrong.size() > before) return std::nullopt;
    return out;
}

} // namespace lazaret::files
