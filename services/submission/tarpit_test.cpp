#include "submission/tarpit.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace lazaret::submission {
namespace {

using namespace std::chrono_literals;

TEST(Tarpit, GrowsFromTheThirdErrorUpToTheLongest) {
    const Duration expected[] = {0ms, 0ms, 0ms, 500ms, 1s, 2s, 4s, 4s, 4s};
    for (std::uint32_t errors = 0; errors < std::size(expected); ++errors)
        EXPECT_EQ(tarpit_delay(errors, 4s), expected[errors]) << errors;
    EXPECT_EQ(tarpit_delay(std::numeric_limits<std::uint32_t>::max(), 4s), 4s);
}

TEST(Tarpit, ZeroIsOff) {
    for (std::uint32_t errors = 0; errors < 100; ++errors) EXPECT_EQ(tarpit_delay(errors, 0s), 0s);
}

} // namespace
} // namespace lazaret::submission
