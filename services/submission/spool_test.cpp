#include "submission/spool.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <string>
#include <vector>

namespace lazaret::submission {
namespace {

const std::filesystem::path folder = std::filesystem::temp_directory_path();

/// Some octets, and all different ones at different places.
std::string text(std::size_t length, std::size_t from = 0) {
    std::string octets(length, ' ');
    for (std::size_t i = 0; i < length; ++i)
        octets[i] = static_cast<char>('!' + ((from + i) * 7 + (from + i) / 251) % 90);
    return octets;
}

std::string all_of(const Spool& spool, std::size_t block) {
    if (spool.in_memory()) return std::string(spool.memory());
    std::string octets, buffer(block, '\0');
    for (;;) {
        const auto got = spool.read(octets.size(), buffer.data(), block);
        EXPECT_TRUE(got);
        octets.append(buffer, 0, *got);
        if (*got < block) return octets;
    }
}

TEST(Spool, holds_what_it_was_given_in_memory_and_in_a_file) {
    for (std::size_t shared : {0, 8 * 1000, 8 * 5000, 8 * 100'000}) {
        SpoolMemory memory(shared);
        Spool spool(100, memory, folder);
        std::string whole;
        for (std::size_t piece : {50, 49, 1, 1, 150, 4000, 5, 30'000}) {
            ASSERT_TRUE(spool.append(text(piece, whole.size())));
            whole += text(piece, whole.size());
            ASSERT_EQ(spool.size(), whole.size());
            ASSERT_TRUE(all_of(spool, 777) == whole) << whole.size() << " octets, " << shared << " shared";
            for (std::size_t most : {std::size_t(0), std::size_t(70), whole.size(), whole.size() + 1}) {
                std::string storage;
                ASSERT_TRUE(spool.beginning(most, storage) == std::string_view(whole).substr(0, most));
            }
            ASSERT_LE(whole.size() <= 100, spool.in_memory());
        }
        EXPECT_EQ(spool.in_memory(), shared == 8 * 100'000);
    }
}

TEST(Spool, shares_memory_with_others_and_gives_it_back) {
    SpoolMemory memory(8000);
    std::vector<std::unique_ptr<Spool>> spools;
    std::size_t in_memory = 0;
    for (int i = 0; i < 20; ++i) {
        spools.push_back(std::make_unique<Spool>(100, memory, folder));
        ASSERT_TRUE(spools.back()->append(text(1000)));
        in_memory += spools.back()->in_memory();
    }
    EXPECT_EQ(in_memory, 8u) << "each took the 900 octets beyond its own 100";
    spools.clear();
    EXPECT_TRUE(memory.take(8000));
    EXPECT_FALSE(memory.take(1));
    memory.give_back(8000);
}

TEST(Spool, none_has_more_than_an_eighth_and_a_file_frees_what_was_taken) {
    SpoolMemory memory(8000);
    Spool spool(100, memory, folder);
    ASSERT_TRUE(spool.append(text(800)));
    EXPECT_TRUE(spool.in_memory());
    ASSERT_TRUE(spool.append(text(800, 800)));
    EXPECT_FALSE(spool.in_memory());
    EXPECT_TRUE(all_of(spool, 64) == text(1600));
    EXPECT_TRUE(memory.take(8000));
}

TEST(Spool, a_folder_that_is_gone_is_an_error_for_now) {
    SpoolMemory memory(0);
    const std::filesystem::path nowhere = folder / ("lazaret-no-such-folder-" + std::to_string(::getpid()));
    Spool spool(100, memory, nowhere);
    EXPECT_TRUE(spool.append(text(100)));
    const auto failed = spool.append(text(1));
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().transient);
}

} // namespace
} // namespace lazaret::submission
