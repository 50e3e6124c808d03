#pragma once
// For tests only: one thread with an io_context, pairs of connected streams, certificates made on the spot.

#include "net/stream.hpp"
#include "net/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lazaret::net::test {

using namespace std::chrono_literals;

/// A folder that goes with the object.
class TempDir {
  public:
    TempDir() {
        std::string pattern = (std::filesystem::temp_directory_path() / "lazaret-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) std::abort();
        path_ = pattern;
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
    std::filesystem::path write(const std::string& name, const std::string& content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

/// A self-signed certificate for localhost and 127.0.0.1 with its key, as PEM: ECDSA P-256, or RSA.
struct Certificate {
    std::string certificate, key;

    explicit Certificate(bool rsa = false) {
        std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> pair(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), &EVP_PKEY_free);
        std::unique_ptr<X509, void (*)(X509*)> made(X509_new(), &X509_free);
        X509_set_version(made.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 24 * 3600);
        X509_set_pubkey(made.get(), pair.get());
        auto* name = X509_get_subject_name(made.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
        X509_set_issuer_name(made.get(), name);
        extension(made.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
        extension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
        X509_sign(made.get(), pair.get(), EVP_sha256());
        certificate = pem([&](BIO* out) { PEM_write_bio_X509(out, made.get()); });
        key = pem([&](BIO* out) {
            PEM_write_bio_PrivateKey(out, pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

  private:
    static void extension(X509* to, int id, const char* value) {
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, to, to, nullptr, nullptr, 0);
        auto* made = X509V3_EXT_conf_nid(nullptr, &context, id, value);
        X509_add_ext(to, made, -1);
        X509_EXTENSION_free(made);
    }
    template <class Write> static std::string pem(Write write) {
        std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), &BIO_free);
        write(memory.get());
        char* data = nullptr;
        const auto size = BIO_get_mem_data(memory.get(), &data);
        return std::string(data, static_cast<std::size_t>(size));
    }
};

/// One thread's world. `run` drives coroutines to their ends, and fails the test when they take longer than a
/// minute.
class Loop {
  public:
    asio::io_context io{1};
    Deadlines deadlines{io};

    ~Loop() { deadlines.stop(); }

    /// Runs until `main` has returned; what it left running goes on in the next call.
    void run(task<> main) {
        bool done = false;
        asio::co_spawn(io, std::move(main), [&done](std::exception_ptr failure) {
            done = true;
            if (failure) std::rethrow_exception(failure);
        });
        run_until([&done] { return done; });
    }
    /// Beside the main coroutine.
    void spawn(task<> side) {
        asio::co_spawn(io, std::move(side), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    }
    void run_until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 60s;
        while (!done()) {
            io.restart();
            io.run_one_until(end);
            if (std::chrono::steady_clock::now() > end) {
                ADD_FAILURE() << "coroutine did not end within a minute";
                return;
            }
        }
    }

    /// Two ends of one TCP connection.
    std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pair() {
        using asio::ip::tcp;
        tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        Socket client(io.get_executor());
        client.connect(acceptor.local_endpoint());
        Socket server(io.get_executor());
        acceptor.accept(server);
        return {std::make_unique<Stream>(std::move(server), deadlines),
                std::make_unique<Stream>(std::move(client), deadlines)};
    }
};

/// Reads until `stop` is in what came, or the peer closed, or five seconds of silence.
inline task<std::string> read_until(Stream& stream, std::string stop) {
    std::string got;
    char buffer[8192];
    while (stop.empty() || got.find(stop) == std::string::npos) {
        const auto read = stream.try_read(buffer);
        if (read.ok()) {
            got.append(buffer, read.count);
            continue;
        }
        if (read.state != Transfer::State::would_block) break;
        const auto ready = co_await stream.wait_readable(5s);
        if (!ready.ok()) break;
    }
    co_return got;
}

} // namespace lazaret::net::test
