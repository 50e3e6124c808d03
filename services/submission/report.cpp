// Step 9: what happened becomes an event in the node's journal, before the client hears of it.

#include "core/text.hpp"
#include "log/log.hpp"
#include "submission/confinement.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

using event::RefusedBy;

event::Event Session::event(event::Type type) const {
    event::Event out;
    out.type = type;
    out.at = lazaret::now();
    out.subscriber = identity_.subscriber;
    out.account = identity_.account;
    out.client = client_address();
    out.listener = to_string(port_);
    out.helo = printable(client_helo(), 255);
    return out;
}

void Session::write(event::Event record) {
    worker_.node().write(std::move(record));
}

void Session::note_refusal(RefusedBy by, std::string_view reason, const smtp::Reply& reply) {
    auto& record = transaction_->record;
    // A recipient that does not exist says more than one over a limit: evidence is not overwritten by our own doing.
    if (record.refused_by == RefusedBy::next_hop && by != RefusedBy::next_hop) return;
    record.refused_by = by;
    record.reason = printable(reason);
    record.reply_code = reply.code();
    record.enhanced = reply.enhanced().to_string();
}

void Session::report_refused(RefusedBy by, std::string_view reason, const smtp::Reply& reply) {
    auto& record = transaction_->record;
    // Recipients that do not exist stay evidence, whatever else is wrong with the message in the end.
    if (by == RefusedBy::content || record.recipients_nonexistent == 0) record.refused_by = RefusedBy::nobody;
    note_refusal(by, reason, reply);
    record.type = event::Type::message_refused;
    record.at = lazaret::now();
    transaction_->reported = true;
    tell_refused(std::move(record));
}

void Session::report_abandoned() {
    transaction_->reported = true;
    tell_refused(std::move(transaction_->record));
}

void Session::tell_refused(event::Event record) {
    auto& count = numbers().of(port_);
    (record.reply_code < 500 ? count.deferred : count.refused).Increment();
    numbers().count_reason(record.refused_by);
    worker_.node().tell_refused(std::move(record));
}

void Session::report_relayed(const smtp::Reply& reply) {
    auto& tx = *transaction_;
    auto& record = tx.record;
    record.type = event::Type::message_relayed;
    record.refused_by = RefusedBy::nobody;
    record.reason.clear();
    record.reply_code = reply.code();
    record.enhanced = reply.enhanced().to_string();
    record.at = lazaret::now();
    auto& count = numbers();
    count.of(port_).relayed.Increment();
    count.recipients_relayed.Increment(tx.recipients);
    count.message_size.Observe(static_cast<double>(record.size));
    log::debug("message_relayed", "the next hop has it",
               {{"trace", record.trace.view()}, {"subscriber", record.subscriber}, {"recipients", tx.recipients}});
    tx.reported = true;
    ++messages_;
    write(std::move(record));
}

/// The client believes it relayed, so it counts against the limits as if it were.
void Session::report_discarded(const verdict::Verdict& verdict) {
    auto& tx = *transaction_;
    auto& record = tx.record;
    tx.reservation.commit(lazaret::now());
    record.refused_by = RefusedBy::nobody;
    note_refusal(verdict.by, verdict.reason, verdict.reply);
    record.type = event::Type::message_refused;
    record.at = lazaret::now();
    numbers().of(port_).discarded.Increment();
    numbers().count_reason(record.refused_by);
    log::info("message_discarded", "a message was answered with 250 and sent nowhere",
              {{"trace", record.trace.view()}, {"subscriber", record.subscriber}, {"reason", record.reason}});
    tx.reported = true;
    write(std::move(record));
}

void Session::report_login_failed(const std::string& login, const smtp::Reply& reply, const std::string& reason) {
    auto record = event(event::Type::login_failed);
    record.account = printable(login, 255);
    record.reason = reason;
    record.refused_by = login_refused_by(reason);
    record.reply_code = reply.code();
    record.enhanced = reply.enhanced().to_string();
    if (!worker_.node().failure_reports.add(record.client, record.account, record.listener, reason, record.at)) return;
    log::info("login_failed", reason.empty() ? "a login failed" : "a login could not be looked at",
              {{"account", record.account}, {"client", record.client.to_string()}, {"listener", record.listener},
               {"reason", reason}});
    if (const auto* account = worker_.node().snapshot()->directory->account(login)) record.subscriber = account->subscriber;
    write(std::move(record));
}

std::string Session::help_url(std::string_view token, std::string_view reason) const {
    return fill_help_url(config().server.help_url, token, reason);
}

} // namespace lazaret::submission
