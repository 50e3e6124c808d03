#pragma once
// SpamAssassin as a scanner: one connection to spamd a message, SYMBOLS.

#include "net/deadlines.hpp"
#include "scan/scanner.hpp"

#include <string>
#include <utility>

namespace lazaret::scan {

class SpamdClient final : public Scanner {
  public:
    /// `user`: whose preferences spamd takes, the same for all mail; "" leaves it to spamd.
    SpamdClient(Endpoint spamd, std::string user, net::Deadlines& deadlines)
        : spamd_(std::move(spamd)), user_(std::move(user)), deadlines_(deadlines) {}

    std::string_view name() const override { return "spamassassin"; }
    net::task<Outcome> scan(const Octets& message, const Envelope& envelope, Duration timeout) override;

  private:
    Endpoint spamd_;
    std::string user_;
    net::Deadlines& deadlines_;
};

} // namespace lazaret::scan
