#pragma once
// ClamAV as a scanner: one connection to clamd a message, INSTREAM.

#include "net/deadlines.hpp"
#include "scan/clamd_protocol.hpp"
#include "scan/scanner.hpp"

#include <utility>

namespace lazaret::scan {

class ClamdClient final : public Scanner {
  public:
    ClamdClient(Endpoint clamd, net::Deadlines& deadlines) : clamd_(std::move(clamd)), deadlines_(deadlines) {}

    std::string_view name() const override { return "clamav"; }
    net::task<Outcome> scan(const Octets& message, const Envelope& envelope, Duration timeout) override;
    /// What clamd scans with: asked now and then, for the age of its signatures.
    net::task<Result<clamd::Version>> version(Duration timeout);

  private:
    Endpoint clamd_;
    net::Deadlines& deadlines_;
};

} // namespace lazaret::scan
