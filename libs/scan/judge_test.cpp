#include "scan/judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using config::Mode;
using testing::ElementsAre;
using testing::IsEmpty;
using verdict::Finding;
using Kind = verdict::Verdict::Kind;

/// Everything enforced, a virus refused, and no thresholds but one.
Policy policy_of(double reject) {
    return Policy{Mode::enforce, Mode::enforce, Mode::enforce, Mode::enforce, Mode::enforce, reject, 0, 0, config::Virus::refuse};
}

Look look(std::string_view scanner, Wish wish, double score, std::vector<Finding> findings = {}) {
    Look made;
    made.scanner = scanner;
    made.mode = Mode::enforce;
    made.weight = 0.5;
    made.suspicion_score = 5;
    made.outcome.state = wish == Wish::none ? Outcome::State::clean : Outcome::State::found;
    made.outcome.wish = wish;
    made.outcome.score = score;
    made.outcome.findings = std::move(findings);
    return made;
}

Look away(std::string_view scanner, config::Away away, Outcome::State state = Outcome::State::failed) {
    Look made = look(scanner, Wish::none, 0);
    made.outcome.state = state;
    made.away = away;
    return made;
}

Finding found(const char* name, double score, Mode mode = Mode::enforce) {
    return Finding(name, mode, score);
}

std::vector<std::string> told(const Judgement& judgement) {
    return verdict::to_strings(judgement.findings);
}

TEST(Judge, the_administrators_word_about_a_finding_counts) {
    const std::vector<config::FindingMode> usual{{"attachment", Mode::off, std::nullopt}, {"attachment.encrypted", Mode::enforce, 10.0}};
    const std::vector<config::FindingMode> special{{"attachment.encrypted", Mode::warn, std::nullopt}};
    auto policy = policy_of(10);
    policy.usual = &usual;
    const std::vector<verdict::Finding> findings{verdict::Finding("attachment.encrypted", Mode::warn, 4),
                                                 verdict::Finding("attachment.extension.exe", Mode::enforce, 10),
                                                 verdict::Finding("attachments", Mode::enforce, 1)};
    auto out = judge(findings, {}, policy);
    EXPECT_EQ(out.kind, Kind::refuse);
    EXPECT_THAT(told(out), ElementsAre("attachment.encrypted:enforce:10", "attachments:enforce:1"));
    policy.special = &special;
    out = judge(findings, {}, policy);
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_THAT(told(out), ElementsAre("attachment.encrypted:warn:4", "attachments:enforce:1"));
    policy.special = nullptr;
    policy.mode = Mode::warn;
    EXPECT_EQ(judge(findings, {}, policy).kind, Kind::accept) << "content.mode is stricter than none";
}

TEST(Judge, AcceptsWhatNobodyMinds) {
    const auto out = judge({}, {look("clamav", Wish::none, 0), look("spamassassin", Wish::none, -3)}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_FALSE(out.tag || out.divert);
    EXPECT_THAT(out.findings, IsEmpty());
}

TEST(Judge, AddsUpWhatIsEnforced) {
    const std::vector<Finding> local{found("a", 4), found("b", 100, Mode::warn)};
    const auto spam = look("spamassassin", Wish::spam, 11);
    auto out = judge(local, {spam}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_EQ(out.score, 9.5);
    out = judge(local, {spam, look("rspamd", Wish::none, 1)}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::refuse);
    EXPECT_EQ(out.score, 10);
    EXPECT_EQ(out.reason, "spamassassin");
    EXPECT_FALSE(out.is_virus);
    EXPECT_THAT(told(out), ElementsAre("a:enforce:4", "b:warn:100", "spamassassin:enforce:5.5", "rspamd:enforce:0.5"));
}

TEST(Judge, ATotalBelowZeroExcusesNothing) {
    EXPECT_EQ(judge({found("a", 10)}, {look("rspamd", Wish::none, -50)}, policy_of(10)).kind, Kind::refuse);
}

TEST(Judge, SymbolsStandBesideTheTotalAndCountNothing) {
    std::vector<Finding> symbols;
    for (int i = 0; i < 20; ++i)
        symbols.emplace_back("rspamd.S" + std::to_string(i), Mode::warn, i);
    const auto out = judge({}, {look("rspamd", Wish::add_header, 8, symbols)}, policy_of(10));
    EXPECT_EQ(out.score, 4);
    ASSERT_EQ(out.findings.size(), 1 + max_symbols);
    EXPECT_EQ(told(out)[0], "rspamd:enforce:4");
    EXPECT_EQ(told(out)[1], "rspamd.S19:enforce:0");
    // Of what it does not mind they are nobody's concern.
    EXPECT_THAT(told(judge({}, {look("rspamd", Wish::none, 1, symbols)}, policy_of(10))), ElementsAre("rspamd:enforce:0.5"));
}

TEST(Judge, RspamdsWishToRejectIsEnough) {
    const auto out = judge({}, {look("rspamd", Wish::reject, 0, {found("rspamd.GTUBE", 0)})}, policy_of(12));
    EXPECT_EQ(out.kind, Kind::refuse);
    EXPECT_THAT(told(out), ElementsAre("rspamd:enforce:12", "rspamd.GTUBE:enforce:0"));
}

TEST(Judge, AVirusIsBeyondEveryThreshold) {
    const auto virus = look("clamav", Wish::virus, 0, {found("clamav.Eicar", 0)});
    auto policy = policy_of(1000);
    auto out = judge({found("a", 20)}, {virus}, policy);
    EXPECT_EQ(out.kind, Kind::refuse);
    EXPECT_TRUE(out.is_virus);
    EXPECT_EQ(out.reason, "clamav.Eicar");
    policy.virus = config::Virus::discard;
    EXPECT_EQ(judge({}, {virus}, policy).kind, Kind::discard);
    // It is the virus that is discarded, not whatever is refused.
    EXPECT_EQ(judge({found("a", 1000)}, {}, policy).kind, Kind::refuse);
}

TEST(Judge, AVirusIsOnlyNotedWhereTheModeIsWarn) {
    auto virus = look("clamav", Wish::virus, 0, {found("clamav.Eicar", 0)});
    virus.mode = Mode::warn;
    const auto out = judge({}, {virus}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_THAT(told(out), ElementsAre("clamav.Eicar:warn:1000"));
}

TEST(Judge, ASuspicionHasItsScore) {
    const auto out = judge({}, {look("clamav", Wish::suspicion, 0, {found("clamav.PUA.X", 0)})}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_THAT(told(out), ElementsAre("clamav.PUA.X:enforce:5"));
}

TEST(Judge, AScannerThatIsAwayDefersWhereItMustNotBe) {
    using config::Away;
    auto out = judge({}, {away("clamav", Away::defer), away("rspamd", Away::accept)}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::defer);
    EXPECT_EQ(out.reason, "scan_failed.clamav");
    EXPECT_THAT(told(out), ElementsAre("scan_failed.clamav:enforce:0", "scan_failed.rspamd:enforce:0"));
    EXPECT_FALSE(out.is_unjudged) << "it is not accepted";
    out = judge({}, {away("clamav", Away::accept)}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_TRUE(out.is_unjudged);
    EXPECT_FALSE(judge({}, {away("clamav", Away::accept, Outcome::State::skipped)}, policy_of(10)).is_unjudged);
    auto watched = away("clamav", Away::defer);
    watched.mode = Mode::warn;
    EXPECT_EQ(judge({}, {watched}, policy_of(10)).kind, Kind::accept);
    // What the others have found is enough.
    EXPECT_EQ(judge({found("a", 10)}, {away("clamav", Away::defer)}, policy_of(10)).kind, Kind::refuse);
    out = judge({}, {away("clamav", Away::defer, Outcome::State::skipped)}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_THAT(told(out), ElementsAre("scan_skipped.clamav:enforce:0"));
}

TEST(Judge, RspamdsSoftRejectDefers) {
    const auto out = judge({}, {look("rspamd", Wish::defer, 1)}, policy_of(10));
    EXPECT_EQ(out.kind, Kind::defer);
    EXPECT_EQ(out.reason, "rspamd");
}

TEST(Judge, TagsAndDivertsBelowTheThresholdOfRefusal) {
    auto policy = policy_of(10);
    policy.tag_score = 3;
    policy.divert_score = 6;
    const auto marks = [&](double score) {
        const auto out = judge({found("a", score)}, {}, policy);
        return std::make_tuple(out.kind == Kind::accept, out.tag, out.divert);
    };
    EXPECT_EQ(marks(2.9), std::make_tuple(true, false, false));
    EXPECT_EQ(marks(3), std::make_tuple(true, true, false));
    EXPECT_EQ(marks(6), std::make_tuple(true, true, true));
    EXPECT_EQ(marks(10), std::make_tuple(false, false, false));
}

TEST(Judge, ThePolicysModeMakesLocalChecksMilder) {
    auto policy = policy_of(10);
    policy.mode = Mode::warn;
    const auto out = judge({found("a", 20), found("b", 1, Mode::off)}, {}, policy);
    EXPECT_EQ(out.kind, Kind::accept);
    EXPECT_THAT(told(out), ElementsAre("a:warn:20"));
}

} // namespace
} // namespace lazaret::scan
