#include "submission/tracing.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <utility>

namespace lazaret::submission {

namespace {
constexpr std::size_t cost_of_a_line = 128; // what a line holds beside its text
}

void Tracer::push(TraceLine line) {
    queue_.with([&](Queue& queue) {
        const auto cost = line.text.size() + cost_of_a_line;
        // Once something was dropped, nothing follows until it is told: the gap has one place.
        if (queue.waiting.dropped > 0 || queue.octets + cost > room) {
            ++queue.waiting.dropped;
            return;
        }
        queue.octets += cost;
        queue.waiting.lines.push_back(std::move(line));
    });
}

Tracer::Taken Tracer::take() {
    return queue_.with([](Queue& queue) {
        queue.octets = 0;
        return std::exchange(queue.waiting, Taken());
    });
}

void Tracing::tell(const SessionName& who, Side side, std::string_view text, Time at) {
    tracers_.with([&](const std::vector<std::shared_ptr<Tracer>>& tracers) {
        for (const auto& tracer : tracers) {
            if (!tracer->wanted().matches(who)) continue;
            for (auto part : split(text, '\n')) {
                TraceLine line;
                line.at = at, line.session = who.id, line.client = who.client, line.side = side;
                line.text = part;
                tracer->push(std::move(line));
            }
        }
    });
}

std::shared_ptr<Tracer> Tracing::start(Selection wanted) {
    auto tracer = std::make_shared<Tracer>(std::move(wanted));
    return tracers_.with([&](std::vector<std::shared_ptr<Tracer>>& tracers) -> std::shared_ptr<Tracer> {
        if (tracers.size() >= most_tracers) return nullptr;
        tracers.push_back(tracer);
        active_.store(true, std::memory_order_relaxed);
        return tracer;
    });
}

void Tracing::stop(const std::shared_ptr<Tracer>& tracer) {
    tracers_.with([&](std::vector<std::shared_ptr<Tracer>>& tracers) {
        std::erase(tracers, tracer);
        active_.store(!tracers.empty(), std::memory_order_relaxed);
    });
}

} // namespace lazaret::submission
