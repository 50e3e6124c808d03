#include "config/policies.hpp"

#include "config/words.hpp"

#include <algorithm>
#include <utility>

namespace lazaret::config {
namespace {

bool is_class(std::string_view text) {
    return text == "dynamic" || text == "static" || text == "business" || text == "trusted";
}

bool is_plan(std::string_view text) {
    return !text.empty() && text.size() <= 64;
}

template <class Value, class Rule>
PolicyKey key(std::string name, std::optional<Value> ContentPolicy::*member, Rule rule, std::string sample,
              std::string sentence) {
    PolicyKey made;
    made.name = std::move(name);
    made.sentence = std::move(sentence);
    made.unit = rule.unit();
    made.range = rule.range();
    made.sample = std::move(sample);
    made.read = [=](ContentPolicy& policy, const Found& found) -> std::optional<std::string> {
        auto value = rule.read(found);
        if (!value) return misfit(found, rule.expected(), rule.hint(found));
        policy.*member = *std::move(value);
        return std::nullopt;
    };
    return made;
}

std::vector<PolicyKey> declare() {
    using P = ContentPolicy;
    const Text class_text{is_class, "one of \"dynamic\", \"static\", \"business\", \"trusted\""};
    const Text plan_text{is_plan, "the name of a plan, 1 to 64 octets"};
    std::vector<PolicyKey> all;
    all.push_back(key("class", &P::network_class, class_text, "\"business\"", "Class of the network or subscriber; any, where it is not set."));
    all.push_back(key("plan", &P::plan, plan_text, "\"residential\"", "Plan of the subscriber; any, where it is not set."));
    all.push_back(key("mode", &P::mode, mode_words, "\"warn\"", "In place of content.mode: of all checks together."));
    all.push_back(key("clamav", &P::clamav, mode_words, "\"enforce\"", "In place of clamav.mode."));
    all.push_back(key("spamassassin", &P::spamassassin, mode_words, "\"warn\"", "In place of spamassassin.mode."));
    all.push_back(key("rspamd", &P::rspamd, mode_words, "\"warn\"", "In place of rspamd.mode."));
    all.push_back(key("reject_score", &P::reject_score, Real{0.1, 1000}, "15.0", "In place of content.reject_score."));
    all.push_back(key("divert_score", &P::divert_score, Real{0, 1000}, "0.0", "In place of content.divert_score."));
    all.push_back(key("tag_score", &P::tag_score, Real{0, 1000}, "0.0", "In place of content.tag_score."));
    all.push_back(key("virus", &P::virus, virus_words, "\"refuse\"", "In place of content.virus."));
    return all;
}

} // namespace

const std::vector<PolicyKey>& policy_keys() {
    static const std::vector<PolicyKey> all = declare();
    return all;
}

const PolicyKey* find_policy_key(std::string_view name) {
    const auto& all = policy_keys();
    const auto found = std::find_if(all.begin(), all.end(), [&](const PolicyKey& key) { return key.name == name; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace lazaret::config
