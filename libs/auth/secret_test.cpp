#include "auth/secret.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace lazaret::auth {
namespace {

TEST(Secret, MovesItsOneBlock) {
    Secret first("tanstaaf");
    const char* block = first.view().data();
    Secret second(std::move(first));
    EXPECT_EQ(second.view(), "tanstaaf");
    EXPECT_EQ(second.view().data(), block);
    EXPECT_TRUE(first.view().empty());
    Secret third("old");
    third = std::move(second);
    EXPECT_EQ(third.view(), "tanstaaf");
    EXPECT_TRUE(second.view().empty());
    auto& self = third;
    third = std::move(self);
    EXPECT_EQ(third.view(), "tanstaaf");
}

TEST(Cleanse, OverwritesWhatAShorterTextLeftBehind) {
    std::string text = "a long password that lives on the heap, not inside";
    text.resize(3);
    const char* octets = text.data();
    const auto capacity = text.capacity();
    cleanse(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.capacity(), capacity) << "the same block is still owned";
    // The octets behind the end belong to the string's block; only memory can tell what is in them.
    EXPECT_EQ(std::string_view(octets, capacity).find("password"), std::string_view::npos);
}

} // namespace
} // namespace lazaret::auth
