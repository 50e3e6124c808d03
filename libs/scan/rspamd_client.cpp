#include "scan/rspamd_client.hpp"

#include "scan/exchange.hpp"
#include "scan/rspamd_protocol.hpp"

namespace lazaret::scan {

net::task<Outcome> RspamdClient::scan(const Octets& message, const Envelope& envelope, Duration timeout) {
    Exchange exchange("rspamd", timeout);
    const auto head = rspamd::request(envelope, message.size(), settings_id_);
    bool sent = co_await exchange.connect(rspamd_, deadlines_);
    if (!sent) co_return exchange.failed();
    sent = co_await exchange.write(head);
    if (sent) sent = co_await exchange.write(message);
    if (!sent && !exchange.was_cut_short()) co_return exchange.failed();
    const Outcome write_failed = exchange.failed();
    // It may have said why it closed.
    rspamd::Response response;
    using State = rspamd::Response::State;
    std::string octets;
    while (response.state() == State::reading) {
        octets.clear();
        const bool more = co_await exchange.read(octets);
        if (more) response.feed(octets);
        else if (exchange.failure().empty()) response.end();
        else break;
    }
    Outcome outcome;
    if (response.state() == State::whole) outcome = rspamd::parse_reply(response.status(), response.body());
    else outcome = exchange.failed(response.reason());
    if (!sent) co_return Exchange::after_cut(write_failed, outcome);
    co_return outcome;
}

} // namespace lazaret::scan
