// Step 4, first half: MAIL. A list of refusals, then one state change.

#include "core/text.hpp"
#include "smtp/replies.hpp"
#include "submission/confinement.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace replies = smtp::replies;

std::optional<verdict::Verdict> Session::confined() const {
    return confinement(*worker_.node().snapshot(), transaction_->record, lazaret::now(), config().server.help_url);
}

smtp::Reply Session::mail(smtp::MailFrom from) {
    auto& shared = worker_.node();
    const Time now = lazaret::now();
    transaction_ = std::make_unique<Transaction>(shared.settings(), shared.spool_memory);
    auto& record = transaction_->record;
    record = event(event::Type::message_refused);
    record.trace = TraceId::make(now);
    record.at = now;
    record.null_sender = from.path.null();
    if (!from.path.null()) {
        record.sender_domain = ascii_lowercase(from.path.domain());
        record.sender_hash = shared.hash(ascii_lowercase(from.path.address));
    }

    const auto refuse = [&](event::RefusedBy by, std::string_view why, const smtp::Reply& reply) {
        report_refused(by, why, reply);
        transaction_.reset();
        return reply;
    };
    if (auto stranger = identify()) return refuse(event::RefusedBy::rights, "unknown sender", *stranger);
    record.subscriber = identity_.subscriber;
    record.account = identity_.account; // behind a front it is known only now
    if (const auto locked = confined()) return refuse(locked->by, locked->reason, locked->reply);
    // An event must follow every message: with no room for it there is no message.
    if (shared.journal->full()) {
        record.refused_by = event::RefusedBy::unavailable;
        record.reply_code = replies::out_of_space().code();
        tell_refused(std::move(record));
        transaction_.reset();
        return replies::out_of_space();
    }

    transaction_->plan = plan_of(*shared.snapshot(), record, now, identity_.plan);
    transaction_->mail = std::move(from);
    machine_.mail_accepted();
    return replies::sender_ok();
}

} // namespace lazaret::submission
