#include "scan/policy.hpp"

#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using config::Mode;

config::Config configured() {
    config::Config config;
    config.clamav.mode = config.rspamd.mode = Mode::enforce;
    config::ContentPolicy trial, business, trusted;
    trial.network_class = "business";
    trial.plan = "trial";
    trial.reject_score = 4;
    business.network_class = "business";
    business.reject_score = 20;
    business.tag_score = 8;
    business.rspamd = Mode::off;
    trusted.plan = "machines";
    trusted.mode = Mode::warn;
    business.dns_lists = Mode::off;
    trusted.virus = config::Virus::discard;
    config.content_policies = {trial, business, trusted};
    return config;
}

TEST(Policy, TheFirstThatFitsCounts) {
    const auto config = configured();
    EXPECT_EQ(policy_for(config, "business", "trial").reject_score, 4);
    EXPECT_EQ(policy_for(config, "business", "machines").reject_score, 20);
    EXPECT_EQ(policy_for(config, "dynamic", "trial").reject_score, config.content.reject_score);
}

TEST(Policy, WhatItDoesNotSetIsAsForAllMail) {
    const auto policy = policy_for(configured(), "business", "residential");
    EXPECT_EQ(policy.tag_score, 8);
    EXPECT_EQ(policy.divert_score, 0);
    EXPECT_EQ(policy.virus, config::Virus::refuse);
    EXPECT_EQ(policy.clamav, Mode::enforce);
    EXPECT_EQ(policy.spamassassin, Mode::warn);
    EXPECT_EQ(policy.rspamd, Mode::off);
    EXPECT_EQ(policy.dns_lists, Mode::off);
    EXPECT_EQ(policy_for(configured(), "business", "trial").dns_lists, Mode::enforce);
}

TEST(Policy, ItsModeBindsAllScanners) {
    const auto policy = policy_for(configured(), "static", "machines");
    EXPECT_EQ(policy.mode, Mode::warn);
    EXPECT_EQ(policy.clamav, Mode::warn);
    EXPECT_EQ(policy.virus, config::Virus::discard);
    auto config = configured();
    config.content.mode = Mode::off;
    EXPECT_EQ(policy_for(config, "static", "x").clamav, Mode::off);
    EXPECT_EQ(policy_for(config, "static", "x").dns_lists, Mode::off);
}

} // namespace
} // namespace lazaret::scan
