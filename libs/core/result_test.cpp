#include "core/guarded.hpp"
#include "core/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace lazaret {
namespace {

Result<std::string> text_or_error(bool good) {
    std::string text = "fine";
    if (good) return text;
    return Error("bad input", true);
}

Result<std::size_t> length_or_error(bool good) {
    const auto text = text_or_error(good);
    if (!text) return text.error();
    return text->size();
}

Result<void> nothing_or_error(bool good) {
    if (good) return {};
    return Error("no");
}

TEST(Result, AStringIsAValueAndAnErrorAnError) {
    EXPECT_EQ(*text_or_error(true), "fine");
    const auto failed = length_or_error(false);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "bad input");
    EXPECT_TRUE(failed.error().transient);
    EXPECT_EQ(*length_or_error(true), 4u);
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
    Result<std::unique_ptr<int>> owner = std::make_unique<int>(3);
    ASSERT_TRUE(owner);
    const std::unique_ptr<int> taken = *std::move(owner);
    EXPECT_EQ(*taken, 3);
}

TEST(Result, OfNothingSucceedsByDefault) {
    EXPECT_TRUE(nothing_or_error(true));
    EXPECT_FALSE(nothing_or_error(false));
}

TEST(Result, ValueOfAnErrorIsABugAndThrows) {
    EXPECT_THROW(
        {
            try {
                (void)text_or_error(false).value();
            } catch (const ErrorException& e) {
                EXPECT_STREQ(e.what(), "bad input");
                throw;
            }
        },
        ErrorException);
}

TEST(Guarded, ManyThreadsLoseNothing) {
    Guarded<int> count(0);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&count] {
                for (int k = 0; k < 10000; ++k)
                    count.with([](int& value) { ++value; });
            });
    }
    EXPECT_EQ(count.with([](const int& value) { return value; }), 40000);
}

} // namespace
} // namespace lazaret
