#include "metrics/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

namespace lazaret::metrics {
namespace {

using testing::HasSubstr;

/// The value on the line that starts with `series` and a space; -1 where there is none.
double sample(const std::string& exposition, const std::string& series) {
    std::istringstream lines(exposition);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
    return -1;
}

TEST(Registry, CountsUnderNameAndLabels) {
    auto& relayed = counter("test_messages_total", "Messages.", {{"verdict", "relayed"}});
    auto& refused = counter("test_messages_total", "Messages.", {{"verdict", "refused"}});
    relayed.Increment();
    relayed.Increment();
    refused.Increment();
    const auto text = expose();
    EXPECT_EQ(sample(text, "test_messages_total{verdict=\"relayed\"}"), 2);
    EXPECT_EQ(sample(text, "test_messages_total{verdict=\"refused\"}"), 1);
    EXPECT_THAT(text,
                HasSubstr("# HELP test_messages_total Messages.\n# TYPE test_messages_total counter\n"));
}

TEST(Registry, SameDeclarationIsTheSameMetric) {
    EXPECT_EQ(&gauge("test_depth", "Depth."), &gauge("test_depth", "Depth."));
}

TEST(Registry, ClashingDeclarationsThrow) {
    counter("test_clash_total", "One meaning.");
    EXPECT_ANY_THROW(counter("test_clash_total", "Another meaning."));
    EXPECT_ANY_THROW(gauge("test_clash_total", "One meaning."));
    EXPECT_ANY_THROW(counter("test no name", "Help."));
    EXPECT_ANY_THROW(counter("test_helpless_total", ""));
}

TEST(Registry, HistogramHasItsBuckets) {
    auto& times = histogram("test_seconds", "Time.", {0.1, 1}, {{"scanner", "rules"}});
    times.Observe(0.05);
    times.Observe(5);
    const auto text = expose();
    EXPECT_EQ(sample(text, "test_seconds_bucket{scanner=\"rules\",le=\"0.1\"}"), 1);
    EXPECT_EQ(sample(text, "test_seconds_bucket{scanner=\"rules\",le=\"+Inf\"}"), 2);
    EXPECT_EQ(sample(text, "test_seconds_count{scanner=\"rules\"}"), 2);
}

TEST(Registry, TellsVersionAndProcess) {
    const auto text = expose();
    EXPECT_EQ(sample(text, "lazaret_build_info{version=\"" + std::string(version()) + "\"}"), 1);
    EXPECT_GT(sample(text, "process_resident_memory_bytes"), 100000);
    EXPECT_GT(sample(text, "process_start_time_seconds"), 1.5e9);
    EXPECT_GE(sample(text, "process_cpu_seconds_total"), 0);
    EXPECT_GT(sample(text, "process_max_fds"), 10);
}

TEST(Registry, CountsOpenFiles) {
    const auto before = sample(expose(), "process_open_fds");
    const std::ifstream one("/dev/null"), two("/dev/null");
    EXPECT_EQ(sample(expose(), "process_open_fds"), before + 2);
}

TEST(Registry, PromtoolHasNoComplaint) {
    if (!std::filesystem::exists("/usr/bin/promtool")) GTEST_SKIP() << "promtool is not installed";
    std::FILE* tool = popen("/usr/bin/promtool check metrics >&2", "w");
    ASSERT_NE(tool, nullptr);
    const auto text = expose();
    fwrite(text.data(), 1, text.size(), tool);
    EXPECT_EQ(pclose(tool), 0) << text;
}

} // namespace
} // namespace lazaret::metrics
