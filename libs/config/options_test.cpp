// The table itself: complete, consistent, and the committed texts are what it generates.

#include "config/example.hpp"
#include "config/load.hpp"
#include "config/options.hpp"
#include "config/reload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace lazaret::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::filesystem::path source_dir() {
    const char* folder = std::getenv("LAZARET_SOURCE_DIR");
    return folder ? folder : ".";
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// LAZARET_REGENERATE=1 writes the file instead.
void expect_committed(const std::filesystem::path& file, const std::string& generated) {
    const auto path = source_dir() / file;
    if (std::getenv("LAZARET_REGENERATE")) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << generated;
    }
    EXPECT_TRUE(content_of(path) == generated)
        << file << " is not what the options generate; run `LAZARET_REGENERATE=1 ctest -R config_test`";
}

Config good() {
    return parse("[relay]\nlisten = \"127.0.0.1:2525\"", "/l/lazaret.toml").value();
}

TEST(Options, EachHasItsPlaceAndSentence) {
    std::set<std::string> names;
    for (const auto& option : options()) {
        EXPECT_TRUE(names.insert(option.name()).second) << option.name() << " is declared twice";
        EXPECT_TRUE(is_section(option.section)) << option.name();
        EXPECT_TRUE(option.sentence.ends_with(".")) << option.name();
        EXPECT_FALSE(option.unit.empty() || option.fallback.empty() || option.sample.empty())
            << option.name();
        EXPECT_EQ(find_option(option.section, option.key), &option);
    }
    for (const auto& section : sections())
        EXPECT_TRUE(std::any_of(options().begin(), options().end(), [&](const Option& option) {
            return option.section == section.name;
        })) << section.name;
}

TEST(Options, EveryDefaultPassesItsOwnCheck) {
    for (const auto& option : options()) {
        if (option.is_derived || option.section == "relay") continue;
        const auto text = "relay.listen = \"127.0.0.1:2525\"\n" + option.name() + " = " + option.fallback;
        const auto loaded = parse(text, "/lazaret.toml");
        ASSERT_TRUE(loaded) << loaded.error().to_string();
        EXPECT_EQ(option.literal(*loaded), option.fallback) << option.name();
    }
}

TEST(Options, MisspeltNamesAreGuessed) {
    EXPECT_EQ(nearest_option("server", "max_recipient"), "server.max_recipients");
    EXPECT_EQ(nearest_option("server", "listen"), "submission.listen, submissions.listen, relay.listen, filter.listen or policy.listen");
    EXPECT_EQ(nearest_option("", "threads"), "server.threads or auth.threads");
    EXPECT_EQ(nearest_option("tls", "cert"), "");
    EXPECT_EQ(nearest_option("servr", "threads"), "server.threads");
    EXPECT_EQ(nearest_option("server", "quite_unlike_anything"), "");
    EXPECT_EQ(nearest_section("sever"), "server");
    EXPECT_EQ(nearest_section("nexthop"), "next_hop");
    EXPECT_EQ(nearest_section("kitchen"), "");
    EXPECT_EQ(nearest_section(std::string(100000, 's')), "");
}

TEST(Example, IsAValidConfigurationWithEveryOption) {
    const auto text = example();
    const auto loaded = parse(text, "/etc/lazaret/lazaret.toml");
    ASSERT_TRUE(loaded) << loaded.error().to_string();
    EXPECT_EQ(loaded->submission.listen, Endpoint("0.0.0.0", 587));
    EXPECT_EQ(loaded->submissions.listen, Endpoint("0.0.0.0", 465));
    EXPECT_EQ(loaded->relay.listen, Endpoint("0.0.0.0", 25));
    for (const auto& option : options())
        EXPECT_THAT(text, HasSubstr("\n" + std::string(option.is_shown ? "" : "#") + option.key + " ="));
}

TEST(Example, IsStillValidWithEveryOptionUncommented) {
    auto text = example();
    for (const auto& option : options())
        if (!option.is_shown) text.replace(text.find("\n#" + option.key + " = "), 2, "\n");
    const auto loaded = parse(text, "/etc/lazaret/lazaret.toml");
    ASSERT_TRUE(loaded) << loaded.error().to_string();
    EXPECT_EQ(loaded->node.hostname, "mx1.example.net");
}

TEST(Example, CommittedTextsAreGenerated) {
    expect_committed("deploy/config/lazaret.toml", example());
    expect_committed("docs/reference/configuration.md", reference());
}

TEST(Reload, NamesWhatNeedsARestart) {
    const auto running = good();
    EXPECT_THAT(changed_but_not_reloadable(running, running), IsEmpty());
    auto fresh = running;
    fresh.server.max_errors = 3;
    fresh.log.level = LogLevel::debug;
    fresh.relay.listen = Endpoint("127.0.0.1", 26);
    fresh.server.threads += 1;
    EXPECT_THAT(changed_but_not_reloadable(running, fresh), ElementsAre("relay.listen", "server.threads"));
}

TEST(Reload, TakesOverOnlyWhatMayChange) {
    const auto running = good();
    auto fresh = running;
    fresh.server.max_errors = 3;
    fresh.tls.certificates = {"/new.pem"};
    fresh.server.threads += 1;
    const auto next = reloaded(running, fresh);
    EXPECT_EQ(next.server.max_errors, 3u);
    EXPECT_EQ(next.tls.certificates, std::vector<std::filesystem::path>{"/new.pem"});
    EXPECT_EQ(next.server.threads, running.server.threads);
}

} // namespace
} // namespace lazaret::config
