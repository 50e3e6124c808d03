#include "core/ids.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace lazaret {
namespace {

const Time noon = *parse_rfc3339("2026-11-21T12:00:00Z");

TEST(TraceId, HoldsItsMilliseconds) {
    const std::string alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    const TraceId id = TraceId::make(noon + Duration(123'999));
    std::uint64_t bits = 0; // the first ten digits are the clock and two random bits
    for (const char c : id.view().substr(0, 10))
        bits = bits << 5 | alphabet.find(c);
    EXPECT_EQ(static_cast<std::int64_t>(bits >> 2),
              (noon + Duration(123'000)).time_since_epoch().count() / 1000);
}

TEST(TraceId, SortsByTime) {
    TraceId last = TraceId::make(noon);
    for (int i = 1; i < 2000; ++i) {
        const TraceId next = TraceId::make(noon + std::chrono::milliseconds(i));
        ASSERT_LT(last, next);
        ASSERT_LT(last.view(), next.view());
        last = next;
    }
}

TEST(TraceId, IsUniqueAcrossThreads) {
    std::array<std::vector<std::string>, 4> made;
    {
        std::vector<std::jthread> threads;
        for (auto& mine : made)
            threads.emplace_back([&mine] {
                for (int i = 0; i < 5000; ++i)
                    mine.push_back(TraceId::make(noon).to_string());
            });
    }
    std::set<std::string> all;
    for (const auto& mine : made)
        all.insert(mine.begin(), mine.end());
    EXPECT_EQ(all.size(), 20000u);
}

TEST(TraceId, AllRandomBitsMove) {
    // Digits 11 to 20 and the two low bits of digit 10 are random: every digit value turns up at every place.
    for (std::size_t place = 10; place < 20; ++place) {
        std::set<char> seen;
        for (int i = 0; i < 2000; ++i)
            seen.insert(TraceId::make(noon).view()[place]);
        EXPECT_EQ(seen.size(), 32u) << place;
    }
}

TEST(TraceId, ReadsBackWhatItPrints) {
    const TraceId id = TraceId::make(noon);
    EXPECT_EQ(id.view().size(), TraceId::length);
    EXPECT_EQ(TraceId::parse(id.view()), id);
    std::string upper = id.to_string();
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    EXPECT_EQ(TraceId::parse(upper), id);
    for (const char* text : {"", "0", "0123456789abcdefghj", "0123456789abcdefghjkm", "0123456789abcdefghji",
                             "0123456789abcdefgh-k", "0123456789abcdefghju"})
        EXPECT_FALSE(TraceId::parse(text)) << text;
    EXPECT_TRUE(TraceId().empty());
    EXPECT_EQ(TraceId().to_string(), "");
}

TEST(Random, TokensAre32HexDigitsAndDiffer) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string token = random_token();
        ASSERT_EQ(token.size(), 32u);
        ASSERT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
        seen.insert(token);
    }
    EXPECT_EQ(seen.size(), 1000u);
}

TEST(Random, FillsAllThatIsAskedForAndNoMore) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{512},
                                   std::size_t{513}, std::size_t{4000}}) {
        std::vector<unsigned char> changed(size, 0);
        for (int round = 0; round < 12; ++round) { // twelve equal octets in one place: less than 2^-80
            std::vector<unsigned char> out(size + 1, 0xA5);
            random_bytes(out.data(), size);
            EXPECT_EQ(out[size], 0xA5);
            for (std::size_t i = 0; i < size; ++i)
                changed[i] = changed[i] | (out[i] != 0xA5);
        }
        EXPECT_EQ(std::count(changed.begin(), changed.end(), 0), 0) << size;
    }
}

} // namespace
} // namespace lazaret
