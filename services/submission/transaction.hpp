#pragma once
// RFC 5321 3.3: one MAIL ... DATA. A type of its own, ended by RSET as a whole.

#include "event/event.hpp"
#include "limits/limiter.hpp"
#include "message/header.hpp"
#include "relay/transaction.hpp"
#include "smtp/envelope.hpp"
#include "submission/outgoing.hpp"
#include "submission/settings.hpp"
#include "submission/spool.hpp"
#include "subscriber/model.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace lazaret::submission {

struct Transaction {
    Transaction(std::shared_ptr<const Settings> with, SpoolMemory& memory)
        : settings(std::move(with)),
          spool(settings->config.server.spool_memory, memory, settings->config.server.spool_dir) {}

    std::shared_ptr<const Settings> settings; ///< in force when MAIL came
    subscriber::Plan plan;
    smtp::MailFrom mail;
    std::uint32_t recipients = 0;      ///< accepted by us and the next hop
    limits::Reservation reservation;   ///< given back unless committed
    limits::Reservation unjudged;      ///< the same, of the limits for what a scanner has not judged
    std::optional<relay::Transaction> hop; ///< from the first RCPT on
    Spool spool;
    std::optional<message::HeaderReader> header; ///< from DATA on
    std::optional<Outgoing> outgoing;            ///< when the content is whole
    event::Event record; ///< grows as the dialogue goes on; written once, by report()
    bool reported = false;
};

} // namespace lazaret::submission
