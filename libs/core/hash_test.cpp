#include "core/hash.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

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

TEST(Hash, KeyedHashIsTheFirst64Bits) {
    EXPECT_EQ(KeyedHash("Jefe")("what do ya want for nothing?"), 0x5bdcc146bf60754eULL);
    EXPECT_NE(KeyedHash("a")("user@example.org"), KeyedHash("b")("user@example.org"));
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
