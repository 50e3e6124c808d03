#include "net/test_support.hpp"
#include "net/ticket_keys.hpp"
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
        const auto context = TlsContext::server({certificate_file}, {key_file});
        return context ? std::string("no error") : context.error().message;
    }
    TempDir dir;
    Certificate made;
    std::filesystem::path certificate = dir.write("cert.pem", made.certificate),
                          key = dir.write("key.pem", made.key);
};

TEST_F(TlsContextTest, KnowsWhenItsCertificateEnds) {
    const auto context = TlsContext::server({certificate}, {key});
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

/// A handshake in memory.
struct Handshake {
    using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;
    Ssl server, client;

    Handshake(SSL_CTX* server_context, SSL_CTX* client_context)
        : server(SSL_new(server_context), SSL_free), client(SSL_new(client_context), SSL_free) {
        BIO *server_side = nullptr, *client_side = nullptr;
        BIO_new_bio_pair(&server_side, 0, &client_side, 0);
        SSL_set_bio(server.get(), server_side, server_side);
        SSL_set_bio(client.get(), client_side, client_side);
        SSL_set_accept_state(server.get());
        SSL_set_connect_state(client.get());
    }
    bool run() {
        for (int turn = 0; turn < 10; ++turn) {
            SSL_do_handshake(client.get());
            SSL_do_handshake(server.get());
        }
        return SSL_is_init_finished(client.get()) && SSL_is_init_finished(server.get());
    }
    /// The ticket has come with the first octets that the client reads.
    std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session() {
        char octet = 0;
        std::size_t count = 0;
        SSL_write_ex(server.get(), "x", 1, &count);
        SSL_read_ex(client.get(), &octet, 1, &count);
        return {SSL_get1_session(client.get()), SSL_SESSION_free};
    }
};

/// Whether it succeeds with a client that offers these protocols (RFC 7301: each with its length before it).
bool shakes_hands(SSL_CTX* server_context, SSL_CTX* client_context, const std::string& protocols) {
    Handshake pair(server_context, client_context);
    if (!protocols.empty())
        SSL_set_alpn_protos(pair.client.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
    return pair.run();
}

TEST_F(TlsContextTest, ServesEachClientTheCertificateItKnows) {
    const Certificate rsa(true);
    const auto rsa_file = dir.write("rsa.pem", rsa.certificate), rsa_key = dir.write("rsa-key.pem", rsa.key);
    const auto both = TlsContext::server({certificate, rsa_file}, {key, rsa_key});
    ASSERT_TRUE(both) << both.error().message;
    const auto client = TlsContext::client(TlsContext::Verify::no);
    for (const auto& [algorithms, kind] : {std::pair{"ECDSA+SHA256", EVP_PKEY_EC}, {"RSA-PSS+SHA256:RSA+SHA256", EVP_PKEY_RSA}}) {
        Handshake pair((*both)->get(), (*client)->get());
        SSL_set1_sigalgs_list(pair.client.get(), algorithms);
        ASSERT_TRUE(pair.run()) << algorithms;
        EXPECT_EQ(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(pair.client.get()))), kind);
    }
    const auto twice = TlsContext::server({certificate, certificate}, {key, key});
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().message, HasSubstr("have the same kind of key"));
}

TEST_F(TlsContextTest, ATicketOutlivesAReload) {
    const auto client = TlsContext::client(TlsContext::Verify::no);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto before = TlsContext::server({certificate}, {key});
        Handshake first((*before)->get(), (*client)->get());
        SSL_set_max_proto_version(first.client.get(), version);
        ASSERT_TRUE(first.run());
        const auto session = first.session();
        const auto after = TlsContext::server({certificate}, {key});
        Handshake second((*after)->get(), (*client)->get());
        SSL_set_max_proto_version(second.client.get(), version);
        SSL_set_session(second.client.get(), session.get());
        ASSERT_TRUE(second.run());
        EXPECT_TRUE(SSL_session_reused(second.client.get())) << version;
    }
}

TEST(TicketKeysTest, ChangeTwiceADayAndTheOneBeforeStillOpens) {
    TicketKeys keys;
    const Time start = Time(std::chrono::hours(1000));
    const auto first = keys.current(start);
    EXPECT_EQ(keys.current(start + TicketKeys::lifetime - 1s).name, first.name);
    const auto second = keys.current(start + TicketKeys::lifetime);
    EXPECT_NE(second.name, first.name);
    auto found = keys.find(first.name, start + TicketKeys::lifetime + 1s);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->renew);
    EXPECT_EQ(found->key.cipher, first.cipher);
    found = keys.find(second.name, start + TicketKeys::lifetime + 1s);
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->renew);
    EXPECT_FALSE(keys.find(first.name, start + 2 * TicketKeys::lifetime));
    // Nobody came for days: what was the present key then is too old to be anybody's previous one.
    EXPECT_FALSE(keys.find(keys.current(start + 2 * TicketKeys::lifetime).name, start + 9 * TicketKeys::lifetime));
}

TEST_F(TlsContextTest, RefusesAClientThatWantsOtherProtocolsOnly) {
    const auto server = TlsContext::server({certificate}, {key});
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
