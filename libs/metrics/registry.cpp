#include "metrics/registry.hpp"

#include "core/guarded.hpp"
#include "metrics/process.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <stdexcept>

namespace lazaret::metrics {
namespace {

/// Help text by metric name: two files that share a metric must mean the same by it.
using HelpByName = std::map<std::string, std::string>;

struct Process {
    prometheus::Registry registry;
    Guarded<HelpByName> helps;
};

/// Never destroyed, since counters are incremented until the very end of the program.
Process& process() {
    static auto* one = new Process;
    return *one;
}

void declare(const std::string& name, const std::string& help) {
    if (help.empty()) throw std::invalid_argument("metric " + name + " has no help text");
    process().helps.with([&](HelpByName& helps) {
        const auto [known, is_new] = helps.emplace(name, help);
        if (!is_new && known->second != help)
            throw std::invalid_argument("metric " + name + " is declared with two help texts");
    });
}

} // namespace

Counter& counter(const std::string& name, const std::string& help, const Labels& labels) {
    declare(name, help);
    return prometheus::BuildCounter().Name(name).Help(help).Register(process().registry).Add(labels);
}

Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
    declare(name, help);
    return prometheus::BuildGauge().Name(name).Help(help).Register(process().registry).Add(labels);
}

Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                     const Labels& labels) {
    declare(name, help);
    return prometheus::BuildHistogram()
        .Name(name)
        .Help(help)
        .Register(process().registry)
        .Add(labels, bounds);
}

std::vector<double> duration_bounds() {
    return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

std::vector<double> size_bounds() {
    std::vector<double> bounds;
    for (double size = 1024; size <= 64.0 * 1024 * 1024; size *= 4)
        bounds.push_back(size);
    return bounds;
}

std::string_view version() {
    return LAZARET_VERSION;
}

std::string expose() {
    gauge("lazaret_build_info", "Always 1; the label tells the running version.",
          {{"version", std::string(version())}})
        .Set(1);
    auto families = process().registry.Collect();
    for (auto& family : process_metrics())
        families.push_back(std::move(family));
    return prometheus::TextSerializer().Serialize(families);
}

} // namespace lazaret::metrics
