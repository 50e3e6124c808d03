// Step 5: DATA. Spools the content, looks at its shape, then hands it to scan, decide and relay.

#include "log/log.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <algorithm>

namespace lazaret::submission {

namespace replies = smtp::replies;
using event::RefusedBy;
using Kind = verdict::Verdict::Kind;

namespace {

/// Within data_timeout at least this much has to come: who drips octets is not sending mail.
constexpr std::size_t least_progress = 1024;
/// And in the long run this much in a second: data_timeout and the size bound a message's time, even on the slowest line.
constexpr std::size_t least_rate = 500;

smtp::DataReader::Newlines newlines(const config::Server& server) {
    return server.bare_newline == config::BareNewline::reject ? smtp::DataReader::Newlines::reject
                                                              : smtp::DataReader::Newlines::normalize;
}

} // namespace

net::task<bool> Session::data() {
    std::optional<verdict::Verdict> fault;
    transaction_->record.spf = spf_hint();
    const bool alive = co_await read_content(fault);
    if (!alive) co_return false;
    auto& tx = *transaction_;
    tx.record.size = tx.spool.size();
    if (tracing_.active()) tell(Side::client, "(content, " + std::to_string(tx.record.size) + " octets)");

    if (!fault) fault = confined();
    verdict::Verdict verdict;
    if (fault) {
        verdict = std::move(*fault);
    } else {
        tx.outgoing.emplace(trace_fields(), tx.spool);
        phase_ = Phase::scan;
        auto judgement = co_await scan();
        verdict = decide(std::move(judgement));
        if (auto since = confined()) { // while the scanners took their time
            since->findings = std::move(verdict.findings);
            verdict = std::move(*since);
        }
    }
    tx.record.findings = verdict::to_strings(verdict.findings);
    if (!tx.record.spf) tx.record.spf = spf_hint();
    if (verdict.by == RefusedBy::content) keep_exhibit();
    switch (verdict.kind) {
    case Kind::accept: {
        phase_ = Phase::next_hop;
        if (verdict.tag) tx.outgoing->put_in_front("X-Spam-Flag: YES\r\n");
        if (verdict.divert) tx.hop->move_to(*worker_.divert_hops());
        const auto reply = co_await relay();
        say(reply);
        break;
    }
    case Kind::discard:
        report_discarded(verdict);
        say(verdict.reply);
        break;
    case Kind::defer:
    case Kind::refuse:
        report_refused(verdict.by, verdict.reason, verdict.reply);
        say(verdict.reply);
    }
    machine_.transaction_ended();
    end_transaction();
    co_return true;
}

net::task<bool> Session::read_content(std::optional<verdict::Verdict>& fault) {
    auto& tx = *transaction_;
    const auto& server = tx.settings->config.server;
    smtp::DataReader reader(newlines(server), server.max_message_size);
    tx.header.emplace(server.max_header_size);
    const auto refuse = [&](const smtp::Reply& reply, RefusedBy by, const char* why) {
        if (!fault) fault = verdict::turn_away(reply, by, why);
    };
    const auto take = [&](std::string_view octets) {
        auto& content = worker_.content();
        content.clear();
        const auto taken = reader.feed(octets, content);
        if (fault || content.empty()) return taken;
        tx.header->feed(content);
        if (tx.header->size() > server.max_header_size) refuse(replies::header_too_big(), RefusedBy::protocol, "header too big");
        if (auto kept = tx.spool.append(content); !kept) {
            log::error("spool_failed", kept.error().message);
            refuse(replies::out_of_space(), RefusedBy::unavailable, "spool");
        }
        return taken;
    };

    lines_.consume(take(lines_.rest()));
    std::uint64_t progress = 0, received = 0;
    std::uint64_t swallowed = 0;
    const auto began = net::Deadline::clock::now();
    auto until = began + server.data_timeout;
    patient_until_ = began + relay::patience;
    while (!reader.finished()) {
        if (killed_) {
            say(replies::ended_by_operator());
            co_return false;
        }
        net::Transfer got(net::Transfer::State::would_block, 0);
        if (!stream_.drained()) got = stream_.try_read(worker_.scratch());
        if (got.ok()) {
            const std::string_view octets(worker_.scratch().data(), got.count);
            const auto taken = take(octets);
            if (taken < octets.size()) lines_.feed(octets.substr(taken));
            if (fault || reader.refused()) swallowed += taken;
            if (swallowed > server.max_message_size) { // it has been refused long ago, and does not end
                say(replies::size_exceeds(server.max_message_size));
                co_return false;
            }
            co_await share(got.count);
            octets_ += got.count;
            received += got.count;
            progress += got.count;
            if (progress >= least_progress) {
                progress = 0;
                until = std::min(net::Deadline::clock::now(), began + std::chrono::seconds(received / least_rate)) +
                        server.data_timeout;
            }
            continue;
        }
        if (got.state != net::Transfer::State::would_block) co_return false;
        const bool sent = co_await flush(); // the 354
        if (!sent) co_return false;
        const auto left = std::chrono::duration_cast<Duration>(until - net::Deadline::clock::now());
        net::Transfer ready(net::Transfer::State::timeout, 0);
        const auto wait = while_patient(left);
        if (left > Duration::zero()) ready = co_await stream_.wait_readable(wait);
        lose_patience();
        if (ready.state == net::Transfer::State::timeout && wait < left) continue;
        if (ready.state == net::Transfer::State::timeout) {
            say(replies::timed_out());
            co_return false;
        }
        // An interrupt is a drain beginning: the message in progress is finished first.
        if (!ready.ok() && !stream_.is_open()) co_return false;
        if (ready.state == net::Transfer::State::closed) co_return false;
    }
    tx.header->finish();
    if (reader.too_big()) refuse(replies::size_exceeds(server.max_message_size), RefusedBy::protocol, "size");
    if (reader.nul()) refuse(replies::nul_octet(), RefusedBy::protocol, "nul");
    if (reader.bare_newline() && server.bare_newline == config::BareNewline::reject)
        refuse(replies::bare_newline(), RefusedBy::protocol, "bare newline");
    if (tx.header->count("Received") >= server.max_received) refuse(replies::loop(), RefusedBy::protocol, "loop");
    co_return true;
}

} // namespace lazaret::submission
