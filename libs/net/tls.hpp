#pragma once
// What a TLS handshake needs: certificate, key, versions and ciphers. Immutable, shared by all threads; to
// reload, make a new one and let the old one go when the last session has left it.

#include "core/result.hpp"
#include "core/time.hpp"

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lazaret::net {

class TlsContext {
  public:
    using Files = std::vector<std::filesystem::path>;
    /// For our listeners: one certificate of each kind of key, with the key at its place. TLS 1.2 and 1.3 (RFC 8996), forward secrecy and authentication in every suite,
    /// session tickets (ticket_keys.hpp), no renegotiation, no compression. The Error names the file: unreadable, no PEM,
    /// encrypted key, key of another certificate, expired is not an error.
    static Result<std::shared_ptr<const TlsContext>> server(const Files& certificates, const Files& keys);

    enum class Verify { yes, no };
    /// For what we connect to: the system's authorities and those in `ca_file` ("" = none besides).
    static Result<std::shared_ptr<const TlsContext>> client(Verify verify,
                                                            const std::filesystem::path& ca_file = {});

    SSL_CTX* get() const { return context_.get(); }
    /// End of the validity of the certificate that ends first; the epoch for a client.
    Time expires() const { return expires_; }

  private:
    struct Free {
        void operator()(SSL_CTX* context) const;
    };
    TlsContext() = default;
    std::unique_ptr<SSL_CTX, Free> context_;
    Time expires_{};
};

} // namespace lazaret::net
