#include "scan/clamd_client.hpp"

#include "scan/exchange.hpp"

namespace lazaret::scan {

namespace {

/// Until the zero octet or the end of the connection.
net::task<std::string> read_reply(Exchange& exchange) {
    std::string reply;
    bool more = true;
    while (more && reply.find('\0') == reply.npos && reply.size() < clamd::max_reply)
        more = co_await exchange.read(reply);
    co_return reply;
}

bool is_whole(const std::string& reply) {
    return reply.find('\0') != reply.npos;
}

} // namespace

net::task<Outcome> ClamdClient::scan(const Octets& message, const Envelope&, Duration timeout) {
    Exchange exchange("clamd", timeout);
    bool sent = co_await exchange.connect(clamd_, deadlines_);
    if (!sent) co_return exchange.failed();
    sent = co_await exchange.write(clamd::scan_command);
    if (sent) sent = co_await exchange.write(message, &clamd::piece_header);
    if (sent) sent = co_await exchange.write(clamd::end_of_stream);
    if (!sent && !exchange.was_cut_short()) co_return exchange.failed();
    const Outcome write_failed = exchange.failed();
    // Too much for it, and clamd answers and closes before we have written all.
    const auto reply = co_await read_reply(exchange);
    Outcome outcome = is_whole(reply) ? clamd::parse_reply(reply) : exchange.failed("half a reply, or none");
    if (!sent) co_return Exchange::after_cut(write_failed, outcome);
    co_return outcome;
}

net::task<Result<clamd::Version>> ClamdClient::version(Duration timeout) {
    Exchange exchange("clamd", timeout);
    bool on = co_await exchange.connect(clamd_, deadlines_);
    if (on) on = co_await exchange.write(clamd::version_command);
    std::string reply;
    if (on) reply = co_await read_reply(exchange);
    if (!is_whole(reply)) co_return Error(exchange.failed("half a reply, or none").failure, true);
    co_return clamd::parse_version(reply);
}

} // namespace lazaret::scan
