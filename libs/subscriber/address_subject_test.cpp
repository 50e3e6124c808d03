#include "subscriber/address_subject.hpp"

#include <gtest/gtest.h>

namespace lazaret::subscriber {
namespace {

TEST(AddressSubject, IsOneV4AddressOrAV6Network) {
    EXPECT_EQ(address_subject(*IpAddress::parse("192.0.2.1")), "addr:192.0.2.1");
    EXPECT_EQ(address_subject(*IpAddress::parse("2001:db8::5")), "addr:2001:db8::/64");
    EXPECT_EQ(parse_address_subject("addr:192.0.2.1"), Cidr::parse("192.0.2.1/32").value());
    EXPECT_EQ(parse_address_subject("addr:2001:db8::/64"), Cidr::parse("2001:db8::/64").value());
    EXPECT_EQ(parse_address_subject("addr:2001:db8::5"), Cidr::parse("2001:db8::/64").value());
    for (const char* id : {"", "addr:", "192.0.2.1", "addr:x", "addr:192.0.2.0/24", "addr:2001:db8::/32"})
        EXPECT_FALSE(parse_address_subject(id)) << id;
}

} // namespace
} // namespace lazaret::subscriber
