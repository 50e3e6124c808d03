#pragma once
// A login's verifier, or for a login that does not exist something that cannot be told from one: what it costs and
// what a client sees of it (SCRAM's salt and iterations) is that of an account that does exist, chosen by the login.

#include "auth/sasl.hpp"
#include "subscriber/snapshot.hpp"

#include <string>
#include <string_view>

namespace lazaret::auth {

class Accounts {
  public:
    struct Found {
        const subscriber::Account* account = nullptr; ///< null: unknown; lives as long as the directory
        bool damaged = false;                         ///< its verifier cannot be read
        Verifier verifier;                            ///< to be checked in any case, for its cost
    };

    /// `secret`: the same on all nodes and after each start, so that a decoy's salt is too. Both outlive this.
    Accounts(const subscriber::Directory& directory, std::string_view secret)
        : directory_(directory), secret_(secret) {}

    /// `login` in lower case.
    Found find(std::string_view login) const;
    /// Whether the verifier can serve the mechanism at all; of a login that does not exist as for the one that it seems to be.
    bool can_serve(std::string_view mechanism, std::string_view login) const;
    ScramKeys scram_keys(std::string_view login) const;
    Secret shared_secret(std::string_view login) const;

  private:
    std::string derive(std::string_view purpose, std::string_view login) const;
    Verifier model(std::string_view login) const;

    const subscriber::Directory& directory_;
    std::string_view secret_;
};

} // namespace lazaret::auth
