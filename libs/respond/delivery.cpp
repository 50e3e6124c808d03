#include "respond/delivery.hpp"

#include "core/random.hpp"
#include "core/text.hpp"
#include "respond/ticket.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace lazaret::respond {
namespace {

using namespace std::chrono_literals;

double random_share() {
    std::uint32_t bits = 0;
    random_bytes(&bits, sizeof bits);
    return static_cast<double>(bits) / 4294967296.0;
}

net::HttpRequest make_request(const store::OutboxMessage& message, const Target& target, Time at) {
    net::HttpRequest request(target.url, message.body);
    request.fields.emplace_back("Content-Type", ticket_content_type);
    request.fields.emplace_back("User-Agent", "Lazaret");
    request.fields.emplace_back("webhook-id", message.webhook_id);
    request.fields.emplace_back("webhook-timestamp", timestamp(at));
    if (target.secret)
        request.fields.emplace_back("webhook-signature",
                                    target.secret->sign(message.webhook_id, at, message.body));
    return request;
}

} // namespace

Duration wait_after(int attempts, double jitter) {
    static constexpr std::array<Duration, 9> waits{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
    const Duration wait = waits[static_cast<std::size_t>(std::clamp<int>(attempts, 1, waits.size())) - 1];
    return wait + Duration(static_cast<Duration::rep>(static_cast<double>(wait.count()) * 0.1 * jitter));
}

std::string ticket_number(std::string_view body) {
    const auto answer = nlohmann::json::parse(body, nullptr, false);
    if (!answer.is_object()) return {};
    for (const char* name : {"ticket", "number", "id"}) {
        const auto found = answer.find(name);
        if (found == answer.end()) continue;
        std::string text;
        if (found->is_string()) text = printable(found->get<std::string>());
        else if (found->is_number_integer()) text = found->dump();
        if (!text.empty() && text.size() <= 64) return text;
    }
    return {};
}

Decision decide(const Result<net::HttpResponse>& answer, int attempts, double jitter) {
    std::string error;
    Duration at_least{};
    if (answer) {
        if (answer->status >= 200 && answer->status < 300) {
            Decision delivered(Fate::delivered, "");
            delivered.ticket = ticket_number(answer->body);
            return delivered;
        }
        error = "HTTP status " + std::to_string(answer->status);
        if (const auto said = trim(answer->body); !said.empty()) error += ": " + printable(said, 200);
        if (answer->status == 410) return Decision(Fate::dead, error);
        if (const auto seconds = parse_unsigned(trim(answer->field("Retry-After"))))
            at_least = std::chrono::seconds(std::min<std::uint64_t>(*seconds, 86400));
    } else {
        error = answer.error().message;
    }
    return Decision(Fate::retry, error, std::max(wait_after(attempts, jitter), at_least));
}

net::task<Decision> attempt(store::OutboxMessage message, const Target& target, Time at,
                            net::Deadlines& deadlines) {
    auto request = make_request(message, target, at);
    const auto answer =
        co_await net::http_exchange(std::move(request), target.tls, target.timeout, deadlines);
    co_return decide(answer, message.attempts, random_share());
}

} // namespace lazaret::respond
