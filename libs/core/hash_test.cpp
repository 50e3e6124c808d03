#include "core/hash.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <bit>
#include <random>

namespace lazaret {
namespace {

TEST(Hash, Sha256KnowsItsVectors) {
    EXPECT_EQ(hex_encode(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_encode(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hash, HmacKnowsTheVectorsOfRfc4231) {
    EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex_encode(hmac_sha256(std::string(131, '\xAA'),
                                     "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, HmacAgreesWithOpenSslForEveryLength) {
    std::mt19937 random(5);
    for (std::size_t size = 0; size < 140; ++size) {
        std::string key(size, '\0'), data(random() % 300, '\0');
        for (char& c : key)
            c = static_cast<char>(random());
        for (char& c : data)
            c = static_cast<char>(random());
        unsigned char wanted[32];
        unsigned length = 0;
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(data.data()), data.size(), wanted, &length);
        ASSERT_EQ(hex_encode(hmac_sha256(key, data)),
                  hex_encode(std::string_view(reinterpret_cast<const char*>(wanted), length)));
    }
}

// From the definition in the paper, section 2, so that nothing but the definition is trusted.
std::uint64_t sip_hash(const unsigned char* key, std::string_view text) {
    const auto word = [](const unsigned char* at) {
        std::uint64_t value = 0;
        for (int i = 7; i >= 0; --i)
            value = value << 8 | at[i];
        return value;
    };
    std::uint64_t v[4] = {word(key) ^ 0x736f6d6570736575, word(key + 8) ^ 0x646f72616e646f6d,
                          word(key) ^ 0x6c7967656e657261, word(key + 8) ^ 0x7465646279746573};
    const auto round = [&v](int times) {
        while (times-- > 0) {
            v[0] += v[1], v[1] = std::rotl(v[1], 13) ^ v[0], v[0] = std::rotl(v[0], 32);
            v[2] += v[3], v[3] = std::rotl(v[3], 16) ^ v[2];
            v[0] += v[3], v[3] = std::rotl(v[3], 21) ^ v[0];
            v[2] += v[1], v[1] = std::rotl(v[1], 17) ^ v[2], v[2] = std::rotl(v[2], 32);
        }
    };
    std::string padded(text);
    padded.resize(text.size() / 8 * 8 + 7, '\0');
    padded.push_back(static_cast<char>(text.size()));
    for (std::size_t i = 0; i < padded.size(); i += 8) {
        const auto m = word(reinterpret_cast<const unsigned char*>(padded.data()) + i);
        v[3] ^= m, round(2), v[0] ^= m;
    }
    v[2] ^= 0xff, round(4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

TEST(Hash, KeyedHashIsSipHashUnderADerivedKey) {
    const std::string derived = hmac_sha256("Jefe", "lazaret keyed hash");
    const KeyedHash keyed("Jefe");
    std::string text;
    for (int length = 0; length < 100; ++length) {
        ASSERT_EQ(keyed(text), sip_hash(reinterpret_cast<const unsigned char*>(derived.data()), text)) << length;
        text += static_cast<char>(length * 37);
    }
    EXPECT_NE(KeyedHash("a")("user@example.org"), KeyedHash("b")("user@example.org"));
}

TEST(Hash, TheReferenceKnowsTheVectorOfThePaper) {
    unsigned char key[16];
    std::string text;
    for (int i = 0; i < 16; ++i) {
        key[i] = static_cast<unsigned char>(i);
        if (i < 15) text += static_cast<char>(i);
    }
    EXPECT_EQ(sip_hash(key, text), 0xa129ca6149be45e5); // appendix A
}

TEST(Hash, ConstantTimeEqualComparesAllOctets) {
    EXPECT_TRUE(constant_time_equal("", ""));
    EXPECT_TRUE(constant_time_equal("abc", "abc"));
    EXPECT_FALSE(constant_time_equal("abc", "abd"));
    EXPECT_FALSE(constant_time_equal("abc", "bbc"));
    EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

} // namespace
} // namespace lazaret
