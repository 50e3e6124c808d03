#include "net/tls.hpp"

#include "net/ticket_keys.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <map>
#include <system_error>
#include <utility>

namespace lazaret::net {

namespace {

std::string openssl_error() {
    const auto code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason ? reason : "unknown error";
}

/// OpenSSL tells an unreadable file and a bad one apart only in its error queue; asking the system is
/// plainer.
Result<void> check_readable(const char* what, const std::filesystem::path& file) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> handle(std::fopen(file.c_str(), "re"), &std::fclose);
    if (handle) {
        char first = 0;
        if (std::fread(&first, 1, 1, handle.get()) == 1) return {};
        if (!std::ferror(handle.get()))
            return Error(std::string(what) + " file " + file.string() + " is empty");
    }
    return Error("cannot read " + std::string(what) + " file " + file.string() + ": " +
                 std::generic_category().message(errno));
}

/// A daemon has nobody to ask; an encrypted key must fail, not prompt on a terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

Time to_time(const ASN1_TIME* at) {
    std::tm parts{};
    if (!at || ASN1_TIME_to_tm(at, &parts) != 1) return Time{};
    return Time(std::chrono::seconds(timegm(&parts)));
}

void set_common(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Header and body of a record in one system call; RELEASE_BUFFERS gives the memory back while idle.
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
}

Result<void> load_pair(SSL_CTX* context, const std::filesystem::path& certificate, const std::filesystem::path& key) {
    if (auto readable = check_readable("certificate", certificate); !readable) return readable.error();
    if (auto readable = check_readable("key", key); !readable) return readable.error();
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return Error("certificate file " + certificate.string() +
                     " holds no usable PEM certificate: " + openssl_error());
    ERR_clear_error();
    const auto mismatch = [&] {
        return Error("key file " + key.string() + " does not belong to the certificate in " + certificate.string());
    };
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        const auto reason = ERR_GET_REASON(ERR_peek_last_error());
        if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH) return mismatch();
        return Error("key file " + key.string() +
                     " holds no usable, unencrypted PEM key: " + openssl_error());
    }
    if (SSL_CTX_check_private_key(context) != 1) return mismatch();
    return {};
}

/// A client that asks for other protocols only was led here by somebody else (ALPACA; RFC 7301 3.2). Most mail programs ask
/// for none, which is fine.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
    static constexpr unsigned char ours[] = {4, 's', 'm', 't', 'p'};
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, chosen_size, ours, sizeof ours, offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const {
    SSL_CTX_free(context);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::server(const Files& certificates, const Files& keys) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    ERR_clear_error();
    made->context_.reset(SSL_CTX_new(TLS_server_method()));
    auto* context = made->context_.get();
    if (!context) return Error("OpenSSL gives no TLS context: " + openssl_error());
    set_common(context);
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // CBC suites stay at the end for mail programs and printers of the TLS 1.2 days.
    if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!kRSA") != 1)
        return Error("OpenSSL refuses the cipher list: " + openssl_error());
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    const unsigned char id[] = "lazaret";
    SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
    if (!use_ticket_keys(context)) return Error("OpenSSL takes no keys for session tickets: " + openssl_error());

    std::map<int, std::filesystem::path> kinds;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const auto& file = certificates[i];
        if (auto loaded = load_pair(context, file, keys.at(i)); !loaded) return loaded.error();
        const auto* certificate = SSL_CTX_get0_certificate(context); // the one just loaded
        const auto [other, fresh] = kinds.emplace(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)), file);
        if (!fresh)
            return Error("certificate files " + other->second.string() + " and " + file.string() +
                         " have the same kind of key; one of each kind is used");
        const auto end = to_time(X509_get0_notAfter(certificate));
        if (i == 0 || end < made->expires_) made->expires_ = end;
    }
    return std::shared_ptr<const TlsContext>(std::move(made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(Verify verify,
                                                             const std::filesystem::path& ca_file) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    ERR_clear_error();
    made->context_.reset(SSL_CTX_new(TLS_client_method()));
    auto* context = made->context_.get();
    if (!context) return Error("OpenSSL gives no TLS context: " + openssl_error());
    set_common(context);
    SSL_CTX_set_verify(context, verify == Verify::yes ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (verify == Verify::yes && SSL_CTX_set_default_verify_paths(context) != 1)
        return Error("the system's certificate authorities cannot be loaded: " + openssl_error());
    if (!ca_file.empty()) {
        if (auto readable = check_readable("CA", ca_file); !readable) return readable.error();
        if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1)
            return Error("CA file " + ca_file.string() +
                         " holds no usable PEM certificate: " + openssl_error());
    }
    return std::shared_ptr<const TlsContext>(std::move(made));
}

} // namespace lazaret::net
