// TLS on a stream: OpenSSL reads and writes through the stream's own inbox and socket.

#include "net/stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace lazaret::net {

namespace {

using State = Transfer::State;

std::string openssl_reason() {
    const auto code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason ? reason : "unknown TLS error";
}

} // namespace

/// The stream as OpenSSL's source and sink (BIO_meth_new(3)).
struct StreamBio {
    static BIO* make(Stream& stream) {
        static BIO_METHOD* const method = make_method();
        BIO* bio = method ? BIO_new(method) : nullptr;
        if (!bio) return nullptr;
        BIO_set_data(bio, &stream);
        BIO_set_init(bio, 1);
        return bio;
    }

  private:
    static BIO_METHOD* make_method() {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lazaret stream");
        if (!method) return nullptr;
        BIO_meth_set_read_ex(method, read);
        BIO_meth_set_write_ex(method, write);
        BIO_meth_set_ctrl(method, control);
        return method;
    }
    static Stream& stream_of(BIO* bio) { return *static_cast<Stream*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
        BIO_clear_retry_flags(bio);
        const auto got = stream_of(bio).read_raw(std::span(into, size));
        if (got.state == State::would_block) BIO_set_retry_read(bio);
        *count = got.count;
        return got.ok() ? 1 : 0;
    }
    static int write(BIO* bio, const char* data, std::size_t size, std::size_t* count) {
        BIO_clear_retry_flags(bio);
        const auto sent = stream_of(bio).write_raw(std::string_view(data, size));
        if (sent.state == State::would_block) BIO_set_retry_write(bio);
        *count = sent.count;
        return sent.ok() ? 1 : 0;
    }
    static long control(BIO* bio, int command, long, void*) {
        if (command == BIO_CTRL_EOF) return stream_of(bio).ended_ ? 1 : 0;
        return command == BIO_CTRL_FLUSH ? 1 : 0; // nothing is held back
    }
};

void Stream::SslFree::operator()(SSL* ssl) const {
    SSL_free(ssl);
}

Transfer Stream::tls_outcome(int result, std::size_t count) {
    if (result > 0) return Transfer(State::done, count);
    const int system_error = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return Transfer(State::would_block, 0);
    case SSL_ERROR_ZERO_RETURN: return Transfer(State::closed, 0);
    case SSL_ERROR_SYSCALL: tls_broken_ = true; return failed(system_error);
    default: break;
    }
    tls_broken_ = true;
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        // SMTP and HTTP mark their own ends, and many clients leave without close_notify.
        last_error_ = "closed without close_notify";
        return Transfer(State::closed, 0);
    }
    return failed(openssl_reason());
}

task<Transfer> Stream::accept_tls(SSL_CTX* context, Duration timeout) {
    return start_tls(context, true, std::string(), timeout);
}

task<Transfer> Stream::connect_tls(SSL_CTX* context, std::string server_name, Duration timeout) {
    return start_tls(context, false, std::move(server_name), timeout);
}

task<Transfer> Stream::start_tls(SSL_CTX* context, bool server, std::string server_name, Duration timeout) {
    if (!socket_.is_open()) co_return Transfer(State::closed, 0);
    ERR_clear_error();
    ssl_.reset(SSL_new(context));
    BIO* bio = ssl_ ? StreamBio::make(*this) : nullptr;
    if (!bio) {
        tls_broken_ = true;
        co_return failed(openssl_reason());
    }
    SSL_set_bio(ssl_.get(), bio, bio);
    if (server) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
        if (IpAddress::parse(server_name)) {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), server_name.c_str());
        } else {
            SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
            SSL_set1_host(ssl_.get(), server_name.c_str());
        }
    }
    const auto outcome = co_await handshake(timeout);
    co_return outcome;
}

task<Transfer> Stream::handshake(Duration timeout) {
    // One deadline for the whole of it: a peer must not live on one octet per wait.
    const auto end = clock::now() + std::min(timeout, longest_wait);
    for (;;) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        const auto outcome = tls_outcome(result, 0);
        if (outcome.ok()) {
            tls_drained_ = false; // the first commands may have come along with the handshake's last octets
            co_return outcome;
        }
        if (outcome.state != State::would_block) {
            const auto verify = SSL_get_verify_result(ssl_.get());
            if (verify != X509_V_OK) last_error_ = X509_verify_cert_error_string(verify);
            co_return outcome;
        }
        const auto left = std::chrono::duration_cast<Duration>(end - clock::now());
        const auto at_most = std::max(left, Duration::zero());
        auto waiting = SSL_want_write(ssl_.get()) ? wait(Socket::wait_write, at_most) : receive(at_most);
        const auto ready = co_await std::move(waiting);
        if (!ready.ok()) {
            tls_broken_ = true;
            co_return ready;
        }
    }
}

TlsInfo Stream::tls_info() const {
    TlsInfo info;
    if (!ssl_) return info;
    info.version = SSL_get_version(ssl_.get());
    if (const char* cipher = SSL_get_cipher_name(ssl_.get())) info.cipher = cipher;
    return info;
}

std::string Stream::tls_exporter() const {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    if (!ssl_ || SSL_version(ssl_.get()) < TLS1_3_VERSION) return {};
    std::string out(32, '\0');
    const int done = SSL_export_keying_material(ssl_.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                                label.data(), label.size(), nullptr, 0, 0);
    return done == 1 ? out : std::string();
}

std::string Stream::tls_server_end_point() const {
    const X509* shown = ssl_ ? SSL_get_certificate(ssl_.get()) : nullptr;
    // A resumed session shows none: its client binds to the one of the session's beginning, and of two we cannot know which.
    if (shown && SSL_session_reused(ssl_.get()) && SSL_set_current_cert(ssl_.get(), SSL_CERT_SET_FIRST) == 1 &&
        SSL_set_current_cert(ssl_.get(), SSL_CERT_SET_NEXT) == 1)
        return {};
    int hash = NID_undef;
    if (!shown || X509_get_signature_info(const_cast<X509*>(shown), &hash, nullptr, nullptr, nullptr) != 1) return {};
    if (hash == NID_md5 || hash == NID_sha1) hash = NID_sha256;
    const EVP_MD* algorithm = hash == NID_undef ? nullptr : EVP_get_digestbynid(hash);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!algorithm || X509_digest(shown, algorithm, out, &size) != 1) return {};
    return std::string(reinterpret_cast<const char*>(out), size);
}

} // namespace lazaret::net
