#include "submission/outgoing.hpp"

#include "submission/settings.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace lazaret::submission {
namespace {

const std::string fields = "Received: from a\r\n", content(10'000, 'x');

/// `own`: octets that the spool holds in memory.
struct Spooled {
    explicit Spooled(std::size_t own) : spool(own, none, folder) { EXPECT_TRUE(spool.append(content)); }
    SpoolMemory none{0};
    std::filesystem::path folder = std::filesystem::temp_directory_path();
    Spool spool;
};

std::string in_pieces(Outgoing& outgoing) {
    std::string all;
    for (;;) {
        const auto piece = outgoing.next();
        if (!piece || piece->empty()) return all;
        all += *piece;
    }
}

std::string read(const Outgoing& outgoing, std::uint64_t offset, std::size_t length) {
    std::string into(length, '?');
    const auto got = outgoing.read(offset, into);
    EXPECT_TRUE(got);
    return into.substr(0, got ? *got : 0);
}

class OutgoingTest : public testing::TestWithParam<std::size_t> {};

TEST_P(OutgoingTest, IsFieldsAndContentForWhoeverReads) {
    Spooled spooled(GetParam());
    Outgoing outgoing(fields, spooled.spool);
    EXPECT_EQ(outgoing.size(), fields.size() + content.size());
    EXPECT_EQ(in_pieces(outgoing), fields + content);
    EXPECT_EQ(read(outgoing, 0, 100'000), fields + content);
    EXPECT_EQ(read(outgoing, 0, 5), "Recei");
    EXPECT_EQ(read(outgoing, fields.size() - 1, 3), "\nxx");
    EXPECT_EQ(read(outgoing, fields.size() + content.size() - 2, 10), "xx");
    EXPECT_EQ(read(outgoing, fields.size() + content.size(), 10), "");
    EXPECT_EQ(read(outgoing, 1'000'000, 10), "");
    EXPECT_EQ(read(outgoing, 3, 0), "");
}

TEST_P(OutgoingTest, TakesAFieldInFront) {
    Spooled spooled(GetParam());
    Outgoing outgoing(fields, spooled.spool);
    outgoing.put_in_front("X-Spam-Flag: YES\r\n");
    EXPECT_EQ(in_pieces(outgoing), "X-Spam-Flag: YES\r\n" + fields + content);
}

TEST_P(OutgoingTest, NeedsNoFields) {
    Spooled spooled(GetParam());
    Outgoing outgoing("", spooled.spool);
    EXPECT_EQ(in_pieces(outgoing), content);
}

INSTANTIATE_TEST_SUITE_P(InMemoryAndInAFile, OutgoingTest, testing::Values(100'000, 16));

} // namespace
} // namespace lazaret::submission
