#include "spf/record.hpp"

#include <gtest/gtest.h>

namespace lazaret::spf {
namespace {

using Kind = Mechanism::Kind;

std::string problem(const std::string& text) {
    const auto record = Record::parse(text);
    return record ? "" : record.error().message;
}

TEST(SpfRecord, IsToldByItsVersion) {
    for (const char* one : {"v=spf1", "v=spf1 -all", "V=SPF1 -all"})
        EXPECT_TRUE(Record::is_one(one)) << one;
    for (const char* other : {"", "v=spf", "v=spf10 -all", "v=spf1\t-all", " v=spf1", "v=DMARC1; p=none"})
        EXPECT_FALSE(Record::is_one(other)) << other;
}

TEST(SpfRecord, HasMechanismsInTheirOrder) {
    const auto record = Record::parse("v=spf1  a mx:mail.example/24//64 ~include:_spf.example ip4:192.0.2.7/24 ?IP6:2001:db8::1 ptr "
                                      "exists:%{i}.sbl.example -all ").value();
    const auto& all = record.mechanisms;
    ASSERT_EQ(all.size(), 8u);
    EXPECT_EQ(all[0].kind, Kind::a);
    EXPECT_EQ(all[0].qualifier, Verdict::pass);
    EXPECT_FALSE(all[0].domain);
    EXPECT_EQ(all[1].kind, Kind::mx);
    EXPECT_EQ(all[1].domain->expand({}, ""), "mail.example");
    EXPECT_EQ(all[1].prefix_v4, 24);
    EXPECT_EQ(all[1].prefix_v6, 64);
    EXPECT_EQ(all[2].kind, Kind::include);
    EXPECT_EQ(all[2].qualifier, Verdict::softfail);
    EXPECT_EQ(all[3].network.to_string(), "192.0.2.0/24") << "host bits may be set";
    EXPECT_EQ(all[4].network.to_string(), "2001:db8::1/128");
    EXPECT_EQ(all[4].qualifier, Verdict::neutral);
    EXPECT_EQ(all[5].kind, Kind::ptr);
    EXPECT_EQ(all[6].kind, Kind::exists);
    EXPECT_EQ(all[7].kind, Kind::all);
    EXPECT_EQ(all[7].qualifier, Verdict::fail);
    EXPECT_TRUE(Record::parse("v=spf1").value().mechanisms.empty());
}

TEST(SpfRecord, RedirectsUnlessItHasAnAll) {
    EXPECT_EQ(Record::parse("v=spf1 redirect=%{d}.spf.example").value().redirect->expand({}, "a.example"), "a.example.spf.example");
    EXPECT_FALSE(Record::parse("v=spf1 redirect=spf.example ?all").value().redirect);
    EXPECT_EQ(problem("v=spf1 exp=why.example unknown=%{d}x moo.cow-far_out=man a"), "");
}

TEST(SpfRecord, OneThatIsWrongIsWrongAsAWhole) {
    for (const char* text :
         {"v=spf1 all:x.example", "v=spf1 all/8", "v=spf1 include", "v=spf1 include:", "v=spf1 include:localhost", "v=spf1 exists", "v=spf1 foo",
          "v=spf1 -", "v=spf1 --all", "v=spf1 a:", "v=spf1 a/33", "v=spf1 a//129", "v=spf1 a/024", "v=spf1 a/", "v=spf1 mx/24/", "v=spf1 a:x.example/24/8",
          "v=spf1 ip4", "v=spf1 ip4:", "v=spf1 ip4:1.2.3", "v=spf1 ip4:192.0.2.1/33", "v=spf1 ip4:192.0.2.1/", "v=spf1 ip4:2001:db8::1",
          "v=spf1 ip6:192.0.2.1", "v=spf1 ip6:2001:db8::/129", "v=spf1 ip4/24", "v=spf1 redirect=a.example redirect=b.example",
          "v=spf1 exp=a.example exp=b.example", "v=spf1 redirect=", "v=spf1 unknown=%{x}", "v=spf1 \tall", "v=spf1 a:b.example%"})
        EXPECT_NE(problem(text), "") << text;
    EXPECT_EQ(problem("v=spf1 foo"), "'foo' is no mechanism or modifier");
}

TEST(SpfRecord, AMappedAddressMatchesNobody) {
    const auto record = Record::parse("v=spf1 ip6:::ffff:192.0.2.1/96").value();
    EXPECT_FALSE(record.mechanisms[0].network.contains(IpAddress::parse("192.0.2.1").value()));
}

TEST(SpfDomain, CanBeLookedUp) {
    EXPECT_TRUE(is_domain("a.example"));
    EXPECT_TRUE(is_domain("a.example."));
    EXPECT_TRUE(is_domain("% %20.example")) << "what macros may make";
    for (const char* wrong : {"", ".", "localhost", "a..example", ".a.example", "a\tb.example", "a\\.example"})
        EXPECT_FALSE(is_domain(wrong)) << wrong;
    EXPECT_FALSE(is_domain(std::string(64, 'a') + ".example"));
    EXPECT_FALSE(is_domain(std::string(63, 'a') + "." + std::string(63, 'a') + "." + std::string(63, 'a') + "." + std::string(63, 'a')));
}

TEST(SpfVerdict, HasItsNamesAndWeights) {
    for (const char* name : {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"})
        EXPECT_EQ(to_string(parse_verdict(name).value()), name);
    EXPECT_FALSE(parse_verdict("Pass"));
    EXPECT_EQ(worse(Verdict::pass, Verdict::softfail), Verdict::softfail);
    EXPECT_EQ(worse(Verdict::fail, Verdict::permerror), Verdict::fail);
    EXPECT_EQ(worse(Verdict::none, Verdict::none), Verdict::none);
    EXPECT_TRUE(hurts(Verdict::permerror));
    EXPECT_FALSE(hurts(Verdict::temperror));
}

} // namespace
} // namespace lazaret::spf
