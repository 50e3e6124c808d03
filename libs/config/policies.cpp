#include "config/policies.hpp"

#include "config/words.hpp"

namespace lazaret::config {
namespace {

bool is_class(std::string_view text) {
    return text == "dynamic" || text == "static" || text == "business" || text == "trusted";
}

bool is_plan(std::string_view text) {
    return !text.empty() && text.size() <= 64;
}

Table<ContentPolicy> declare() {
    using P = ContentPolicy;
    const Text class_text{is_class, "one of \"dynamic\", \"static\", \"business\", \"trusted\""};
    const Text plan_text{is_plan, "the name of a plan, 1 to 64 octets"};
    Table<P> table;
    table.name = "content_policy";
    table.sentence = "Other thresholds and modes for a class of networks, a plan, or a plan within a class. Tables may stand "
                     "any number of times; the first that fits a message counts, and what it does not set is as for all mail.";
    const auto add = [&](auto&&... parts) { table.keys.push_back(table_key<P>(std::forward<decltype(parts)>(parts)...)); };
    add("class", &P::network_class, class_text, "\"business\"", "Class of the network or subscriber; any, where it is not set.");
    add("plan", &P::plan, plan_text, "\"residential\"", "Plan of the subscriber; any, where it is not set.");
    add("mode", &P::mode, mode_words, "\"warn\"", "In place of content.mode: of all checks together.");
    add("clamav", &P::clamav, mode_words, "\"enforce\"", "In place of clamav.mode.");
    add("spamassassin", &P::spamassassin, mode_words, "\"warn\"", "In place of spamassassin.mode.");
    add("rspamd", &P::rspamd, mode_words, "\"warn\"", "In place of rspamd.mode.");
    add("dns_lists", &P::dns_lists, mode_words, "\"warn\"", "Of all DNS lists together: none of them is stricter.");
    add("reject_score", &P::reject_score, Real{0.1, 1000}, "15.0", "In place of content.reject_score.");
    add("divert_score", &P::divert_score, Real{0, 1000}, "0.0", "In place of content.divert_score.");
    add("tag_score", &P::tag_score, Real{0, 1000}, "0.0", "In place of content.tag_score.");
    add("findings", &P::findings, FindingModes{}, "[\"attachment=warn\"]", "Before those of content.findings.");
    add("virus", &P::virus, virus_words, "\"refuse\"", "In place of content.virus.");
    return table;
}

} // namespace

const Table<ContentPolicy>& content_policies() {
    static const Table<ContentPolicy> table = declare();
    return table;
}

} // namespace lazaret::config
