#include "submission/admission.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lazaret::submission {
namespace {

using Refusal = Admission::Refusal;

IpAddress ip(const char* text) {
    return IpAddress::parse(text).value();
}

Admission::Bounds bounds(std::uint32_t total, std::uint32_t address, std::uint32_t network) {
    Admission::Bounds out;
    out.total = total, out.per_address = address, out.per_network = network;
    return out;
}

TEST(Admission, CountsAddressNetworkAndAll) {
    Admission admission;
    const auto limits = bounds(5, 2, 3);
    auto first = admission.enter(ip("192.0.2.1"), limits);
    auto second = admission.enter(ip("192.0.2.1"), limits);
    EXPECT_EQ(admission.enter(ip("192.0.2.1"), limits).refusal, Refusal::too_many_from_address);
    auto third = admission.enter(ip("192.0.2.200"), limits);
    EXPECT_FALSE(third.refusal);
    EXPECT_EQ(admission.enter(ip("192.0.2.201"), limits).refusal, Refusal::too_many_from_network);
    auto fourth = admission.enter(ip("192.0.3.1"), limits); // the next /24
    auto fifth = admission.enter(ip("2001:db8::1"), limits);
    EXPECT_FALSE(fourth.refusal);
    EXPECT_FALSE(fifth.refusal);
    EXPECT_EQ(admission.enter(ip("198.51.100.1"), limits).refusal, Refusal::too_many);
    EXPECT_EQ(admission.connections(), 5U);
}

TEST(Admission, APlaceGoesBackWithItsGuard) {
    Admission admission;
    const auto limits = bounds(10, 1, 1);
    for (int round = 0; round < 3; ++round) {
        auto taken = admission.enter(ip("192.0.2.1"), limits);
        ASSERT_FALSE(taken.refusal) << round;
        // A refusal for the network's sake leaves nothing counted for the address.
        EXPECT_EQ(admission.enter(ip("192.0.2.2"), limits).refusal, Refusal::too_many_from_network);
        EXPECT_EQ(admission.connections(), 1U);
    }
    EXPECT_EQ(admission.connections(), 0U);
    EXPECT_FALSE(admission.enter(ip("192.0.2.2"), limits).refusal);
}

TEST(Admission, TheExemptCountInAllOnly) {
    Admission admission;
    std::vector<Admission::Outcome> taken;
    auto exempt = bounds(100, 1, 1);
    exempt.exempt = true;
    for (int i = 0; i < 100; ++i) {
        taken.push_back(admission.enter(ip("192.0.2.1"), exempt));
        ASSERT_FALSE(taken.back().refusal);
    }
    EXPECT_EQ(admission.enter(ip("192.0.2.1"), exempt).refusal, Refusal::too_many);
    taken.pop_back();
    EXPECT_FALSE(admission.enter(ip("192.0.2.1"), bounds(100, 1, 1)).refusal); // neighbours do not pay for them
    taken.clear();
    EXPECT_EQ(admission.connections(), 0U);
}

TEST(Admission, AnIpv6CustomerIsA64AndItsSiteA48) {
    Admission admission;
    const auto limits = bounds(100, 1, 2);
    auto first = admission.enter(ip("2001:db8:1:1::1"), limits);
    EXPECT_EQ(admission.enter(ip("2001:db8:1:1::2"), limits).refusal, Refusal::too_many_from_address);
    auto second = admission.enter(ip("2001:db8:1:2::1"), limits);
    EXPECT_FALSE(second.refusal);
    EXPECT_EQ(admission.enter(ip("2001:db8:1:3::1"), limits).refusal, Refusal::too_many_from_network);
    EXPECT_FALSE(admission.enter(ip("2001:db8:2:3::1"), limits).refusal);
}

} // namespace
} // namespace lazaret::submission
