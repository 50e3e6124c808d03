#pragma once
// What is probably the matter, told from the mixture of evidence: the abuse desk says something else to the victim
// of a stolen password than to the owner of a mail server that bounces spam.

#include "detect/evidence.hpp"
#include "detect/state.hpp"

#include <string>
#include <vector>

namespace lazaret::detect {

/// "backscatter": a server that accepts spam and sends bounces to forged senders.
/// "stolen_account": one login used from many networks.
/// "campaign": one of many subscribers that send the same text, each a little.
/// "runaway": a program that sends the same text again and again to those who know it.
/// "bulk": own name and address, many strangers, no sign of malware: a mailing without consent, a form or script.
/// "bot": everything else; a device behind the connection sends spam.
/// policy_mistake is none of these: nothing is to be stopped, mail is lost.
inline constexpr const char* policy_mistake = "policy_mistake";
std::string cause_of(const std::vector<Contribution>& evidence, const State& state);

} // namespace lazaret::detect
