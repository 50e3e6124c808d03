// tests/configs/NAME holds a configuration that must not load (lazaret.toml), overrides if it needs any
// (set.txt, one per line), and every sentence it must die with (expected.txt, one per line, files without
// their folder).

#include "config/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace lazaret::config {
namespace {

namespace fs = std::filesystem;

fs::path configs_dir() {
    const char* folder = std::getenv("LAZARET_SOURCE_DIR");
    return fs::path(folder ? folder : ".") / "tests/configs";
}

std::vector<std::string> lines_of(const fs::path& file) {
    std::vector<std::string> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

std::vector<std::string> cases() {
    std::vector<std::string> names;
    std::error_code failed; // a missing folder shows in the test of their number
    for (const auto& entry : fs::directory_iterator(configs_dir(), failed))
        if (entry.is_directory()) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

std::string without(std::string text, const std::string& part) {
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
        text.erase(at, part.size());
    return text;
}

class Broken : public testing::TestWithParam<std::string> {};

TEST_P(Broken, DiesWithItsSentences) {
    const auto folder = fs::absolute(configs_dir() / GetParam());
    const auto expected = lines_of(folder / "expected.txt");
    ASSERT_FALSE(expected.empty()) << "no expected.txt";
    const auto loaded = load(folder / "lazaret.toml", lines_of(folder / "set.txt"));
    ASSERT_FALSE(loaded) << "loads without an error";
    std::vector<std::string> found;
    for (const auto& error : loaded.error().list) {
        found.push_back(without(error.to_string(), folder.string() + "/"));
        const auto& wanted = expected[std::min(found.size(), expected.size()) - 1];
        if (wanted.ends_with("...") && found.back().starts_with(wanted.substr(0, wanted.size() - 3)))
            found.back() = wanted;
    }
    EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(Configs, Broken, testing::ValuesIn(cases()),
                         [](const auto& name) { return name.param; });

TEST(BrokenConfigs, AreMany) {
    EXPECT_GE(cases().size(), 20u);
}

} // namespace
} // namespace lazaret::config
