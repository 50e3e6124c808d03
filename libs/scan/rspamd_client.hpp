#pragma once
// rspamd as a scanner: one HTTP/1.1 request to /checkv2 a message. The message goes out in pieces as it is read.

#include "net/deadlines.hpp"
#include "scan/scanner.hpp"

#include <string>
#include <utility>

namespace lazaret::scan {

class RspamdClient final : public Scanner {
  public:
    /// A normal worker, or a proxy worker that scans by itself. `settings_id`: a block of rspamd's settings.conf; "" for none.
    RspamdClient(Endpoint rspamd, std::string settings_id, net::Deadlines& deadlines)
        : rspamd_(std::move(rspamd)), settings_id_(std::move(settings_id)), deadlines_(deadlines) {}

    std::string_view name() const override { return "rspamd"; }
    net::task<Outcome> scan(const Octets& message, const Envelope& envelope, Duration timeout) override;

  private:
    Endpoint rspamd_;
    std::string settings_id_;
    net::Deadlines& deadlines_;
};

} // namespace lazaret::scan
