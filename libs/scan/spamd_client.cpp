#include "scan/spamd_client.hpp"

#include "scan/exchange.hpp"
#include "scan/spamd_protocol.hpp"

namespace lazaret::scan {

namespace {

/// spamd reads lines: without a last line end it would wait for one until we go, whatever Content-length says.
std::string_view missing_end(const Octets& message) {
    char last = 0;
    const auto size = message.size();
    if (size == 0) return "\r\n";
    const auto got = message.read(size - 1, std::span(&last, 1));
    return got && *got == 1 && last == '\n' ? "" : "\r\n";
}

} // namespace

net::task<Outcome> SpamdClient::scan(const Octets& message, const Envelope&, Duration timeout) {
    Exchange exchange("spamd", timeout);
    const auto end = missing_end(message);
    const auto head = spamd::request(message.size() + end.size(), user_);
    bool sent = co_await exchange.connect(spamd_, deadlines_);
    if (!sent) co_return exchange.failed();
    // Content-length tells spamd where the message ends; our direction stays open.
    sent = co_await exchange.write(head);
    if (sent) sent = co_await exchange.write(message);
    if (sent) sent = co_await exchange.write(end);
    if (!sent && !exchange.was_cut_short()) co_return exchange.failed();
    const Outcome write_failed = exchange.failed();
    // It may have said why it closed.
    std::string reply;
    bool more = true;
    while (more && reply.size() < spamd::max_reply)
        more = co_await exchange.read(reply);
    Outcome outcome;
    if (sent && !exchange.failure().empty()) outcome = exchange.failed();
    else if (reply.size() >= spamd::max_reply) outcome = exchange.failed("a reply without an end");
    else outcome = spamd::parse_reply(reply);
    if (!sent) co_return Exchange::after_cut(write_failed, outcome);
    co_return outcome;
}

} // namespace lazaret::scan
