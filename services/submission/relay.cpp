// Steps 8 and 12-14: the message goes to the next hop, and its answer is the client's answer. Acknowledged only after the
// next hop has acknowledged: nothing to lose, no bounce to create.

#include "core/text.hpp"
#include "message/trace.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace {

/// What goes in front, then the spooled content.
class Outgoing : public relay::Content {
  public:
    Outgoing(std::string fields, const Spool& spool) : fields_(std::move(fields)), spool_(&spool) {}
    std::uint64_t size() const override { return fields_.size() + spool_->size(); }
    Result<std::string_view> next() override {
        if (part_ == 0 && fields_.empty()) part_ = 1; // an empty piece would be the end
        if (part_++ == 0) return std::string_view(fields_);
        if (spool_->in_memory()) return part_ == 2 ? spool_->memory() : std::string_view();
        if (buffer_.empty()) buffer_.resize(block);
        auto got = spool_->read(offset_, buffer_.data(), buffer_.size());
        if (!got) return got.error();
        offset_ += *got;
        return std::string_view(buffer_.data(), *got);
    }

  private:
    static constexpr std::size_t block = 256 * 1024;
    std::string fields_, buffer_;
    const Spool* spool_;
    std::uint64_t offset_ = 0;
    unsigned part_ = 0;
};

} // namespace

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
    Outgoing content(trace_fields(), tx.spool);
    smtp::Reply reply = co_await tx.hop->data(content);
    if (reply.code() / 100 == 2) {
        tx.reservation.commit(lazaret::now());
        report_relayed(reply);
        co_return smtp::replies::accepted(reply.text());
    }
    report_refused(tx.hop->failed() ? event::RefusedBy::unavailable : event::RefusedBy::next_hop, reply.text(), reply);
    co_return reply;
}

} // namespace lazaret::submission
