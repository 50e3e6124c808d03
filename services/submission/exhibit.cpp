// Behind step 7: what is kept of a message that is refused, discarded or diverted for its content.

#include "scan/exhibit.hpp"

#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

void Session::keep_exhibit() {
    auto& tx = *transaction_;
    const auto& config = tx.settings->config;
    const auto& wanted = config.exhibits;
    if (wanted.keep_for == Duration::zero()) return;
    if (!worker_.node().exhibits.take(tx.record.subscriber, wanted.per_subscriber, wanted.per_node, lazaret::now())) {
        numbers().exhibits_beyond.Increment();
        return;
    }
    std::vector<std::string> recipients;
    for (const auto& to : tx.hop->taken())
        recipients.push_back(to.path.address);
    const auto body_at = tx.header->body_offset();
    std::string from_file;
    const auto octets = tx.spool.beginning(scan::octets_to_read(body_at, config.content.scan_size), from_file);
    scan::Reading reading(octets, body_at);
    tx.record.exhibit = scan::make_exhibit(reading, octets, recipients, wanted.original);
    numbers().exhibits_kept.Increment();
}

} // namespace lazaret::submission
