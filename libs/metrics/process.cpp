#include "metrics/process.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace lazaret::metrics {
namespace {

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type,
                                double value) {
    prometheus::MetricFamily made;
    made.name = std::move(name);
    made.help = std::move(help);
    made.type = type;
    prometheus::ClientMetric metric;
    (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    made.metric.push_back(metric);
    return made;
}

struct Stat {
    double cpu_ticks = 0, start_ticks = 0, virtual_bytes = 0, resident_pages = 0;
};

/// Fields 14 utime, 15 stime, 22 starttime, 23 vsize, 24 rss of /proc/self/stat. The name in field 2 may hold
/// anything, so counting starts after its closing bracket.
std::optional<Stat> read_stat() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    const auto bracket = line.rfind(')');
    if (bracket == std::string::npos) return std::nullopt;
    std::istringstream fields(line.substr(bracket + 1));
    std::string text;
    Stat stat;
    for (int number = 3; number <= 24 && fields >> text; ++number) {
        const double value = number == 3 ? 0 : std::strtod(text.c_str(), nullptr);
        if (number == 14 || number == 15)
            stat.cpu_ticks += value;
        else if (number == 22)
            stat.start_ticks = value;
        else if (number == 23)
            stat.virtual_bytes = value;
        else if (number == 24)
            stat.resident_pages = value;
    }
    return fields ? std::optional(stat) : std::nullopt;
}

/// Seconds since 1970 when the machine was started.
std::optional<double> boot_time() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
    return std::nullopt;
}

std::optional<double> open_files() {
    std::error_code failed;
    std::filesystem::directory_iterator entry("/proc/self/fd", failed);
    double count = -1; // the iterator's own descriptor is listed too
    for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed))
        ++count;
    return failed ? std::nullopt : std::optional(count);
}

} // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
    using prometheus::MetricType;
    std::vector<prometheus::MetricFamily> families;
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    if (const auto stat = read_stat()) {
        families.push_back(family("process_cpu_seconds_total", "User and system CPU time, in seconds.",
                                  MetricType::Counter, stat->cpu_ticks / ticks));
        families.push_back(family("process_resident_memory_bytes", "Resident memory, in bytes.",
                                  MetricType::Gauge,
                                  stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE))));
        families.push_back(family("process_virtual_memory_bytes", "Virtual memory, in bytes.",
                                  MetricType::Gauge, stat->virtual_bytes));
        if (const auto boot = boot_time())
            families.push_back(family("process_start_time_seconds",
                                      "Start of the process, in seconds since 1970.", MetricType::Gauge,
                                      *boot + stat->start_ticks / ticks));
    }
    if (const auto count = open_files())
        families.push_back(family("process_open_fds", "Open file descriptors.", MetricType::Gauge, *count));
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        families.push_back(family("process_max_fds", "Most file descriptors that may be open.",
                                  MetricType::Gauge, static_cast<double>(limit.rlim_cur)));
    return families;
}

} // namespace lazaret::metrics
