// A hint beside the message: what SPF of the sender's domain says about our egress addresses. Nobody waits for it.

#include "spf/record.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

std::optional<spf::Verdict> Session::spf_hint() {
    const auto& domain = transaction_->record.sender_domain;
    if (transaction_->settings->config.next_hop.egress_addresses.empty() || !spf::is_domain(domain)) return std::nullopt;
    return worker_.dns()->spf().ask(domain);
}

} // namespace lazaret::submission
