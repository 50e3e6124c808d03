#include "net/test_support.hpp"
#include "net/tls.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

namespace lazaret::net {
namespace {

using namespace test;
using testing::HasSubstr;

class TlsContextTest : public ::testing::Test {
  protected:
    std::string error_of(const std::filesystem::path& certificate_file,
                         const std::filesystem::path& key_file) {
        const auto context = TlsContext::server(certificate_file, key_file);
        return context ? std::string("no error") : context.error().message;
    }
    TempDir dir;
    Certificate made;
    std::filesystem::path certificate = dir.write("cert.pem", made.certificate),
                          key = dir.write("key.pem", made.key);
};

TEST_F(TlsContextTest, KnowsWhenItsCertificateEnds) {
    const auto context = TlsContext::server(certificate, key);
    ASSERT_TRUE(context) << context.error().message;
    const auto left = (*context)->expires() - now();
    EXPECT_GT(left, 23h);
    EXPECT_LE(left, 24h);
}

TEST_F(TlsContextTest, NamesTheFileThatIsWrong) {
    const auto missing = dir / "missing.pem";
    EXPECT_EQ(error_of(missing, key),
              "cannot read certificate file " + missing.string() + ": No such file or directory");
    EXPECT_EQ(error_of(certificate, missing),
              "cannot read key file " + missing.string() + ": No such file or directory");
    const auto empty = dir.write("empty.pem", "");
    EXPECT_EQ(error_of(empty, key), "certificate file " + empty.string() + " is empty");
    const auto garbage = dir.write("garbage.pem", "this is not PEM\n");
    EXPECT_THAT(error_of(garbage, key),
                HasSubstr("certificate file " + garbage.string() + " holds no usable PEM"));
    EXPECT_THAT(error_of(certificate, garbage),
                HasSubstr("key file " + garbage.string() + " holds no usable"));
    const auto other = dir.write("other.pem", Certificate().key);
    EXPECT_EQ(error_of(certificate, other), "key file " + other.string() +
                                                " does not belong to the certificate in " +
                                                certificate.string());
    EXPECT_THAT(error_of(dir / ".", key), HasSubstr("Is a directory"));
}

TEST_F(TlsContextTest, ClientTakesAnAuthorityFile) {
    EXPECT_TRUE(TlsContext::client(TlsContext::Verify::yes, certificate));
    const auto wrong = TlsContext::client(TlsContext::Verify::yes, dir.write("x.pem", "nothing\n"));
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("holds no usable PEM certificate"));
}

} // namespace
} // namespace lazaret::net
