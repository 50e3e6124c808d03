#include "message/fingerprint.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <string>

namespace lazaret::message {
namespace {

int distance(const std::string& a, const std::string& b) {
    return std::popcount(fingerprint(a) ^ fingerprint(b));
}

/// Sentences out of a small vocabulary, as mail has them.
std::string text(unsigned seed, int words) {
    std::mt19937 random(seed);
    std::string out;
    for (int i = 0; i < words; ++i) {
        const auto word = random() % 3000;
        out += static_cast<char>('a' + word % 26);
        for (auto rest = word; rest > 0; rest /= 26)
            out += static_cast<char>('a' + rest % 26);
        out += i % 11 == 10 ? ".\r\n" : " ";
    }
    return out;
}

TEST(Fingerprint, VariantsOfOneTextAreAlike) {
    int unlike = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        const auto body = text(seed, 150);
        unlike += distance("Dear Anna,\r\n" + body + "https://a.example/x?id=17 Ref 4711\r\n",
                           "Dear Bob Miller,\r\n" + body + "https://b.example/y?id=42 Ref 1\r\n") > 8;
    }
    EXPECT_LE(unlike, 4) << "of 200";
}

TEST(Fingerprint, OtherTextsAreNot) {
    int closest = 64;
    for (unsigned seed = 0; seed < 300; ++seed)
        closest = std::min(closest, distance(text(2 * seed, 100), text(2 * seed + 1, 100)));
    EXPECT_GT(closest, 8);
}

TEST(Fingerprint, CaseSpaceNumbersAndMarkupDoNotCount) {
    const std::string plain =
        "Your parcel waits at the office in the old town until Friday, please bring this letter";
    EXPECT_EQ(fingerprint(plain),
              fingerprint("<p>YOUR parcel   waits at the\r\noffice in <b>the old</b> town until Friday, 12 "
                          "please bring this letter 88</p>"));
    EXPECT_NE(fingerprint(plain), 0u);
}

TEST(Fingerprint, TooLittleTextHasNone) {
    EXPECT_EQ(fingerprint(""), 0u);
    EXPECT_EQ(fingerprint("see you at nine then, Tom"), 0u);
    EXPECT_EQ(fingerprint(std::string(100'000, 'x')), 0u);
    EXPECT_EQ(fingerprint("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w\r\nQUJDREVGR0hJSktMTU5PUF"
                          "FSU1RVVldYWVphYmNkZWZnaGlqa2xt\r\n"),
              0u);
}

} // namespace
} // namespace lazaret::message
