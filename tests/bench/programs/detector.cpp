// What the detector costs with many subscribers: events a second of CPU time, memory of each, and how long it
// takes to save and restore them all. One thread; the subscribers take turns, as in life, so that hardly any
// state is in the processor's cache.

#include "arguments/command.hpp"
#include "detect/part.hpp"

#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace lazaret;
using States = std::unordered_map<std::string, detect::State>;

constexpr std::size_t batch = 4096; // events that are made before the clock runs

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
}

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double all = 0, resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Honest mail: an own address, device and network, a circle of friends, now and then somebody new.
class Traffic {
  public:
    std::vector<event::Event> message(std::uint64_t who, Time at) {
        event::Event sent;
        sent.at = at;
        sent.trace = TraceId::make(at);
        sent.subscriber = name(who);
        sent.client = IpAddress::parse(address(who)).value();
        sent.helo = "device-" + std::to_string(who);
        sent.sender_hash = detect::mixed(who + 1);
        sent.fingerprint = random_();
        if (random_() % 3 == 0) sent.uri_hosts = {detect::mixed(random_() % 1000), detect::mixed(who + 7)};
        sent.agent_hash = detect::mixed(random_() % 50 + 1);
        for (auto more = 1 + random_() % 2; more > 0; --more)
            sent.recipients.emplace_back(
                random_() % 10 == 0 ? random_() : detect::mixed(who * 64 + random_() % 20), "example.net");
        std::vector<event::Event> out{sent};
        for (const auto& recipient : sent.recipients) {
            event::Event result;
            result.type = event::Type::delivery_result;
            result.at = at + std::chrono::seconds(2);
            result.trace = sent.trace;
            result.subscriber = sent.subscriber;
            result.recipients.push_back(recipient);
            result.delivery =
                random_() % 64 == 0 ? event::DeliveryStatus::bounced : event::DeliveryStatus::sent;
            result.enhanced = result.delivery == event::DeliveryStatus::sent ? "2.0.0" : "5.1.1";
            out.push_back(std::move(result));
        }
        return out;
    }
    static std::string name(std::uint64_t who) { return "customer-" + std::to_string(who); }

  private:
    static std::string address(std::uint64_t who) {
        return "10." + std::to_string(who >> 16 & 255) + "." + std::to_string(who >> 8 & 255) + "." +
               std::to_string(who & 255);
    }
    std::mt19937_64 random_{1};
};

struct Fed {
    std::uint64_t events = 0, convictions = 0;
    double seconds = 0;
};

Fed feed_all(States& states, std::uint64_t subscribers, std::uint64_t messages) {
    const detect::Detector detector{detect::Options()};
    detect::Campaigns campaigns;
    Traffic traffic;
    Fed fed;
    std::vector<event::Event> waiting;
    const detect::StateOf state_of = [&](const std::string& id) -> detect::State& { return states[id]; };
    const auto flush = [&] {
        const double before = cpu_seconds();
        for (const auto& event : waiting)
            fed.convictions += detect::feed(detector, state_of, campaigns, event) ? 1 : 0;
        fed.seconds += cpu_seconds() - before;
        fed.events += waiting.size();
        waiting.clear();
    };
    const Time begin = parse_rfc3339("2026-01-05T00:00:00Z").value();
    for (std::uint64_t day = 0; day < messages; ++day)
        for (std::uint64_t who = 0; who < subscribers; ++who) {
            const Duration since_midnight(std::chrono::microseconds(std::chrono::hours(20)) / subscribers *
                                          who);
            for (auto& event : traffic.message(who, begin + std::chrono::days(day) + since_midnight))
                waiting.push_back(std::move(event));
            if (waiting.size() >= batch) flush();
        }
    flush();
    return fed;
}

} // namespace

int main(int argc, char** argv) {
    std::uint64_t subscribers = 1'000'000, messages = 5;
    arguments::Program program("lazaret-bench-detector",
                               "What the detector costs with many subscribers, as one line of JSON.");
    program.option("--subscribers", subscribers, "How many").positive().shows_default();
    program.option("--messages", messages, "Of each, one a day").positive().shows_default();
    if (const auto status = program.parse_or_tell(argc, argv)) return *status;

    States states;
    const double empty = resident_bytes();
    const Fed fed = feed_all(states, subscribers, messages);
    const double each = (resident_bytes() - empty) / static_cast<double>(states.size());

    double octets = 0, saving = 0, restoring = 0;
    std::vector<std::string> saved;
    std::uint64_t failures = 0;
    const auto restore = [&] {
        const double before = cpu_seconds();
        for (const std::string& text : saved)
            failures += detect::from_json(text) ? 0 : 1;
        restoring += cpu_seconds() - before;
        saved.clear();
    };
    for (auto state = states.begin(); state != states.end();) {
        const double before = cpu_seconds();
        for (std::size_t i = 0; i < batch && state != states.end(); ++i, ++state)
            saved.push_back(detect::to_json(state->second));
        saving += cpu_seconds() - before;
        for (const std::string& text : saved)
            octets += static_cast<double>(text.size());
        restore();
    }
    const nlohmann::json out{{"subscribers", states.size()},
                             {"events", fed.events},
                             {"convictions", fed.convictions},
                             {"events_per_cpu_second", static_cast<double>(fed.events) / fed.seconds},
                             {"state_bytes", sizeof(detect::State)},
                             {"resident_bytes_per_subscriber", each},
                             {"saved_bytes_per_subscriber", octets / static_cast<double>(states.size())},
                             {"save_cpu_seconds", saving},
                             {"restore_cpu_seconds", restoring},
                             {"not_restored", failures}};
    std::printf("%s\n", out.dump().c_str());
    return failures == 0 ? 0 : 1;
}
