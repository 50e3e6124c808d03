#include "core/key_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace lazaret {
namespace {

struct KeyFile : testing::Test {
    std::string folder = [] {
        std::string name = testing::TempDir() + "lazaret-key-XXXXXX";
        if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        return name;
    }();
    std::filesystem::path file = std::filesystem::path(folder) / "hash.key";
    ~KeyFile() override { std::filesystem::remove_all(folder); }
};

TEST_F(KeyFile, IsMadeOnceAndReadEverAfter) {
    auto first = load_or_make_key(file);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->size(), 32u);
    EXPECT_EQ(*first, *load_or_make_key(file));
    EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms::others_all, std::filesystem::perms::none);
}

TEST_F(KeyFile, LeavesNoDraftBehind) {
    ASSERT_TRUE(load_or_make_key(file));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()), 1);
}

TEST_F(KeyFile, NamesTheFileThatIsDamaged) {
    std::ofstream(file) << "not a key\n";
    auto read = load_or_make_key(file);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find(file.string()), std::string::npos);
}

TEST_F(KeyFile, NamesTheFolderThatIsMissing) {
    auto read = load_or_make_key(std::filesystem::path(folder) / "none" / "hash.key");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("hash.key"), std::string::npos);
}

} // namespace
} // namespace lazaret
