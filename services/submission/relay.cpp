// Steps 8 and 12-14: the message goes to the next hop, and its answer is the client's answer. Acknowledged only after the
// next hop has acknowledged: nothing to lose, no bounce to create.

#include "core/text.hpp"
#include "message/trace.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

smtp::Forward Session::forward() const {
    smtp::Forward out;
    out.address = client_address();
    out.port = client_port();
    out.helo = client_helo();
    out.esmtp = machine_.extended();
    if (const auto* told = machine_.forwarded()) {
        out.name = told->name;
        out.esmtp = told->esmtp;
    }
    out.ident = transaction_->record.trace;
    out.login = identity_.account;
    return out;
}

std::string Session::trace_fields() const {
    if (port_ == Port::filter) return {}; // the front has added its own, and what a submission server owes a message
    const auto& tx = *transaction_;
    const auto tls = stream_.tls_info();
    message::Received trace;
    trace.helo = machine_.helo();
    trace.client = stream_.peer_address();
    trace.hostname = tx.settings->config.node.hostname;
    trace.esmtp = machine_.extended();
    trace.tls = machine_.tls();
    trace.auth = machine_.is_authenticated();
    trace.utf8 = tx.mail.smtputf8;
    trace.id = tx.record.trace;
    trace.at = lazaret::now();
    trace.tls_version = tls.version;
    trace.tls_cipher = tls.cipher;
    return message::received_field(trace) +
           message::missing_fields(*tx.header, tx.record.trace, trace.hostname, trace.at); // RFC 6409 8
}

net::task<smtp::Reply> Session::relay() {
    auto& tx = *transaction_;
    if (auto id = tx.header->first("Message-ID")) tx.record.message_id_hash = worker_.node().hash(*id);
    smtp::Reply reply = co_await tx.hop->data(*tx.outgoing);
    if (reply.code() / 100 == 2) {
        tx.reservation.commit(lazaret::now());
        tx.unjudged.commit(lazaret::now());
        report_relayed(reply);
        co_return smtp::replies::accepted(reply.text());
    }
    report_refused(tx.hop->failed() ? event::RefusedBy::unavailable : event::RefusedBy::next_hop,
                   tx.hop->mask().reply(reply.text(), event::longest_reason), reply);
    co_return reply;
}

} // namespace lazaret::submission
