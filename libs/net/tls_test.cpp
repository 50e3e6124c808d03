#include "net/test_support.hpp"
#include "net/tls.hpp"

#include <gmock/gmock.h>

#include <openssl/ssl.h>

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

/// Whether a handshake in memory succeeds with a client that offers these protocols (RFC 7301: each with its length before it).
bool shakes_hands(SSL_CTX* server_context, SSL_CTX* client_context, const std::string& protocols) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> server(SSL_new(server_context), SSL_free);
    const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(client_context), SSL_free);
    BIO *server_side = nullptr, *client_side = nullptr;
    BIO_new_bio_pair(&server_side, 0, &client_side, 0);
    SSL_set_bio(server.get(), server_side, server_side);
    SSL_set_bio(client.get(), client_side, client_side);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    if (!protocols.empty())
        SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
    for (int turn = 0; turn < 10; ++turn) {
        SSL_do_handshake(client.get());
        SSL_do_handshake(server.get());
    }
    return SSL_is_init_finished(client.get()) && SSL_is_init_finished(server.get());
}

TEST_F(TlsContextTest, RefusesAClientThatWantsOtherProtocolsOnly) {
    const auto server = TlsContext::server(certificate, key);
    const auto client = TlsContext::client(TlsContext::Verify::no);
    ASSERT_TRUE(server && client);
    EXPECT_TRUE(shakes_hands((*server)->get(), (*client)->get(), ""));
    EXPECT_TRUE(shakes_hands((*server)->get(), (*client)->get(), "\4smtp"));
    EXPECT_TRUE(shakes_hands((*server)->get(), (*client)->get(), "\2h2\4smtp"));
    EXPECT_FALSE(shakes_hands((*server)->get(), (*client)->get(), "\2h2\10http/1.1"));
}

TEST_F(TlsContextTest, ClientTakesAnAuthorityFile) {
    EXPECT_TRUE(TlsContext::client(TlsContext::Verify::yes, certificate));
    const auto wrong = TlsContext::client(TlsContext::Verify::yes, dir.write("x.pem", "nothing\n"));
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("holds no usable PEM certificate"));
}

} // namespace
} // namespace lazaret::net
