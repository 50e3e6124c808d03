#include "scan/local_checks.hpp"

#include "scan/policy.hpp"
#include "scan/reading.hpp"

#include <chrono>
#include <iterator>
#include <utility>

namespace lazaret::scan {

namespace {

using config::Mode;

std::unique_ptr<const AttachmentPolicy> attachment_policy(const config::Attachments& wanted) {
    AttachmentPolicy policy;
    for (auto* check : {&policy.forbidden, &policy.inside, &policy.disguised}) check->score = wanted.score;
    for (auto* check : {&policy.forbidden, &policy.inside, &policy.disguised, &policy.encrypted, &policy.ambiguous,
                        &policy.macros, &policy.unread})
        check->mode = milder(check->mode, wanted.mode);
    policy.extensions.insert(wanted.forbid.begin(), wanted.forbid.end());
    for (const auto& extension : wanted.allow) policy.allow(extension);
    return std::make_unique<const AttachmentPolicy>(std::move(policy));
}

using Wrong = std::vector<config::Conflict>;

std::unique_ptr<const LinkPolicy> link_policy(const config::Links& wanted, Wrong& wrong) {
    LinkPolicy policy;
    for (auto* check : {&policy.blocked, &policy.deceptive, &policy.obfuscated, &policy.user})
        check->mode = milder(check->mode, wanted.mode);
    const auto read = [&wrong](const char* option, const std::filesystem::path& file, auto& list) {
        if (file.empty()) return;
        auto loaded = HostList::load(file);
        if (loaded) list = std::move(*loaded);
        else wrong.push_back({option, loaded.error().message, "", file});
    };
    read("links.allow_file", wanted.allow_file, policy.allow);
    read("links.block_file", wanted.block_file, policy.block);
    return std::make_unique<const LinkPolicy>(std::move(policy));
}

void append(std::vector<verdict::Finding>& findings, std::vector<verdict::Finding> more) {
    findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

std::shared_ptr<const LocalChecks> LocalChecks::load(const config::Config& config, Wrong& wrong) {
    auto made = std::make_shared<LocalChecks>();
    if (config.content.mode == Mode::off) return made;
    const auto before = wrong.size();
    if (!config.content.rules_file.empty()) {
        auto rules = RuleSet::load(config.content.rules_file);
        if (rules) made->rules_ = std::move(*rules);
        else wrong.push_back({"content.rules_file", rules.error().message, "", config.content.rules_file});
    }
    if (config.attachments.mode != Mode::off) made->attachments_ = attachment_policy(config.attachments);
    made->checks_links_ = config.links.mode != Mode::off;
    if (made->checks_links_ || !config.dns_lists.empty() || !config.links.allow_file.empty())
        made->links_ = link_policy(config.links, wrong);
    return wrong.size() == before ? made : nullptr;
}

Result<std::shared_ptr<const LocalChecks>> LocalChecks::load(const config::Config& config) {
    Wrong wrong;
    auto made = load(config, wrong);
    if (!made) return Error(to_string(wrong));
    return made;
}

std::vector<verdict::Finding> LocalChecks::run(Reading& reading, RuleScanner& scanner, std::vector<CheckLook>* looks) const {
    std::vector<verdict::Finding> findings;
    const auto look = [&](std::string_view check, auto&& find) {
        const auto began = std::chrono::steady_clock::now();
        auto found = find();
        const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
        if (looks) looks->push_back({check, took, found.size()});
        append(findings, std::move(found));
    };
    if (rules_) look("rules", [&] { return scanner.scan(*rules_, reading); });
    if (attachments_) look("attachments", [&] { return check_attachments(reading, *attachments_); });
    if (checks_links_) look("links", [&] { return check_links(reading, *links_); });
    return findings;
}

std::vector<std::string> LocalChecks::hosts(Reading& reading) const {
    static const LinkPolicy nothing_allowed;
    return hosts_to_ask(reading.uris(), links_ ? *links_ : nothing_allowed);
}

} // namespace lazaret::scan
