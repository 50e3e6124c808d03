#include "dns/spf.hpp"

#include "dns/fake_server.hpp"
#include "dns/spf_hints.hpp"
#include "net/test_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace lazaret::dns {
namespace {

using namespace net::test;
using spf::Verdict;
using test::FakeServer;

net::task<> check(Resolver& resolver, SpfQuestion question, Duration limit, Verdict& out) {
    out = co_await check_host(resolver, std::move(question), limit);
}

class SpfTest : public ::testing::Test {
  protected:
    Loop loop;
    FakeServer server{loop.io};
    std::shared_ptr<Resolver> resolver;

    void SetUp() override {
        ResolverSettings settings;
        settings.servers = {server.address()};
        settings.timeout = 300ms;
        settings.tries = 1;
        settings.min_ttl = settings.max_ttl = settings.none_ttl = settings.failed_ttl = Duration::zero(); // records change
        resolver = std::make_shared<Resolver>(loop.io.get_executor(), settings);
    }
    void has(const std::string& domain, const std::string& text) { server.records[domain].txt = {text}; }
    void at(const std::string& name, const char* address) { server.records[name].addresses.push_back(address); }

    std::string result(const std::string& client = "192.0.2.25", const std::string& domain = "isle.example", Duration limit = 30s) {
        Verdict out{};
        SpfQuestion question(IpAddress::parse(client).value(), domain, "mx.isp.example");
        loop.run(dns::check(*resolver, std::move(question), limit, out));
        return std::string(to_string(out));
    }
    std::string result_of(const std::string& text, const std::string& client = "192.0.2.25") {
        has("isle.example", text);
        return result(client);
    }
};

TEST_F(SpfTest, OneRecordIsNeeded) {
    EXPECT_EQ(result(), "none");
    server.records["isle.example"].txt = {"some words", "v=spf10 -all"};
    EXPECT_EQ(result(), "none");
    server.records["isle.example"].txt = {"some words", "v=spf1 -all"};
    EXPECT_EQ(result(), "fail");
    server.records["isle.example"].txt = {"v=spf1 -all", "v=spf1 +all"};
    EXPECT_EQ(result(), "permerror");
    EXPECT_EQ(result_of("v=spf1 what"), "permerror");
    server.asked.clear();
    EXPECT_EQ(result("192.0.2.25", "localhost"), "none");
    EXPECT_EQ(result("192.0.2.25", "a..example"), "none");
    EXPECT_TRUE(server.asked.empty());
}

TEST_F(SpfTest, TheFirstMatchDecides) {
    EXPECT_EQ(result_of("v=spf1"), "neutral");
    EXPECT_EQ(result_of("v=spf1 ip4:192.0.2.0/28 ip4:192.0.2.16/28 -all"), "pass");
    EXPECT_EQ(result_of("v=spf1 ip4:192.0.2.0/28 -all"), "fail");
    EXPECT_EQ(result_of("v=spf1 ip4:192.0.2.0/28 ~all"), "softfail");
    EXPECT_EQ(result_of("v=spf1 -ip4:192.0.2.25 +all"), "fail");
    EXPECT_EQ(result_of("v=spf1 ip6:2001:db8::/32 ?all"), "neutral");
    EXPECT_EQ(result_of("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::25"), "pass");
    EXPECT_EQ(result_of("v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::25"), "fail") << "an IPv4 network has no IPv6 client";
}

TEST_F(SpfTest, AddressesOfNames) {
    at("isle.example", "192.0.2.25");
    at("isle.example", "2001:db8::25");
    at("mail.example", "192.0.2.99");
    EXPECT_EQ(result_of("v=spf1 a -all"), "pass");
    EXPECT_EQ(result_of("v=spf1 a -all", "2001:db8::25"), "pass");
    EXPECT_EQ(result_of("v=spf1 a -all", "2001:db8::26"), "fail");
    EXPECT_EQ(result_of("v=spf1 a//64 -all", "2001:db8::26"), "pass");
    EXPECT_EQ(result_of("v=spf1 a:mail.example -all"), "fail");
    EXPECT_EQ(result_of("v=spf1 a:mail.example/24 -all"), "pass");
    server.records["isle.example"].mx = {"mx1.example", "mail.example"};
    at("mx1.example", "198.51.100.1");
    EXPECT_EQ(result_of("v=spf1 mx -all"), "fail");
    EXPECT_EQ(result_of("v=spf1 mx/24 -all"), "pass");
}

TEST_F(SpfTest, ExistsIsAskedForAnIPv4AddressWithMacros) {
    at("25.2.0.192.in-addr.postmaster.isle.example.sbl.example", "127.0.0.2");
    EXPECT_EQ(result_of("v=spf1 exists:%{ir}.%{v}.%{l}.%{d}.sbl.example -all"), "pass");
    EXPECT_EQ(result_of("v=spf1 exists:%{ir}.%{v}.%{l}.%{d}.sbl.example -all", "192.0.2.26"), "fail");
    at("5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.sbl.example", "127.0.0.2");
    EXPECT_EQ(result_of("v=spf1 exists:%{ir}.%{v}.sbl.example -all", "2001:db8::25"), "pass");
    at("mx.isp.example.helo.example", "127.0.0.2");
    EXPECT_EQ(result_of("v=spf1 exists:%{h}.helo.example -all"), "pass");
}

TEST_F(SpfTest, AnIncludedRecordMatchesWhenItPasses) {
    has("_spf.example", "v=spf1 ip4:192.0.2.0/24 -all");
    EXPECT_EQ(result_of("v=spf1 include:_spf.example ~all"), "pass");
    EXPECT_EQ(result_of("v=spf1 ?include:_spf.example ~all"), "neutral");
    EXPECT_EQ(result_of("v=spf1 include:_spf.example ~all", "198.51.100.1"), "softfail") << "its -all is not ours";
    EXPECT_EQ(result_of("v=spf1 include:nobody.example ~all"), "permerror");
    has("_spf.example", "v=spf1 what");
    EXPECT_EQ(result_of("v=spf1 include:_spf.example ~all"), "permerror");
}

TEST_F(SpfTest, ARedirectReplacesTheRecord) {
    has("_spf.example", "v=spf1 ip4:192.0.2.0/24 a:%{d} -all");
    at("_spf.example", "198.51.100.1");
    EXPECT_EQ(result_of("v=spf1 redirect=_spf.example"), "pass");
    EXPECT_EQ(result_of("v=spf1 redirect=_spf.example", "198.51.100.1"), "pass") << "the current domain is its";
    EXPECT_EQ(result_of("v=spf1 redirect=_spf.example", "198.51.100.2"), "fail");
    EXPECT_EQ(result_of("v=spf1 ?all redirect=_spf.example"), "neutral");
    EXPECT_EQ(result_of("v=spf1 redirect=nobody.example"), "permerror");
}

TEST_F(SpfTest, NamesOfTheClientHaveToHaveItsAddress) {
    server.records["25.2.0.192.in-addr.arpa"].ptr = {"liar.isle.example", "host.isle.example"};
    at("liar.isle.example", "198.51.100.1");
    EXPECT_EQ(result_of("v=spf1 ptr -all"), "fail");
    at("host.isle.example", "192.0.2.25");
    EXPECT_EQ(result_of("v=spf1 ptr -all"), "pass");
    EXPECT_EQ(result_of("v=spf1 ptr:sle.example -all"), "fail") << "a domain ends at a dot";
    EXPECT_EQ(result_of("v=spf1 ptr -all", "192.0.2.26"), "fail");
    at("host.isle.example.names.example", "127.0.0.2");
    EXPECT_EQ(result_of("v=spf1 exists:%{p}.names.example -all"), "pass");
    at("unknown.names.example", "127.0.0.2");
    EXPECT_EQ(result_of("v=spf1 exists:%{p}.names.example -all", "192.0.2.26"), "pass");
}

TEST_F(SpfTest, LoopsEnd) {
    EXPECT_EQ(result_of("v=spf1 include:isle.example -all"), "permerror");
    EXPECT_EQ(result_of("v=spf1 redirect=isle.example"), "permerror");
    has("one.example", "v=spf1 include:two.example -all");
    has("two.example", "v=spf1 redirect=one.example");
    EXPECT_EQ(result_of("v=spf1 include:one.example -all"), "permerror");
}

TEST_F(SpfTest, TenTermsMayAskTheDns) {
    at("other.example", "198.51.100.1");
    const auto record = [](int terms, const std::string& end) {
        std::string text = "v=spf1";
        for (int i = 0; i < terms; ++i) text += " a:other.example";
        return text + " ip4:203.0.113.0/24 " + end;
    };
    EXPECT_EQ(result_of(record(10, "-all")), "fail");
    EXPECT_EQ(result_of(record(11, "-all")), "permerror");
    has("_spf.example", "v=spf1 +all");
    EXPECT_EQ(result_of(record(9, "redirect=_spf.example")), "pass");
    EXPECT_EQ(result_of(record(10, "redirect=_spf.example")), "permerror");
    EXPECT_EQ(result_of(record(10, "exists:%{p}.example -all")), "permerror");
    has("_spf.example", record(5, "?all"));
    EXPECT_EQ(result_of("v=spf1 include:_spf.example include:_spf.example -all"), "permerror") << "all records together";
    server.records["isle.example"].mx = std::vector<std::string>(10, "other.example");
    EXPECT_EQ(result_of("v=spf1 mx -all"), "fail");
    server.records["isle.example"].mx.push_back("other.example");
    EXPECT_EQ(result_of("v=spf1 mx -all"), "permerror");
}

TEST_F(SpfTest, TwoAnswersMayBeEmpty) {
    EXPECT_EQ(result_of("v=spf1 a:x1.example a:x2.example -all"), "fail");
    EXPECT_EQ(result_of("v=spf1 a:x1.example a:x2.example mx:x3.example -all"), "permerror");
    server.records["isle.example"].mx = {"x1.example", "x2.example", "x3.example"};
    EXPECT_EQ(result_of("v=spf1 mx -all"), "permerror");
}

TEST_F(SpfTest, WithoutAnAnswerThereIsNoResultForNow) {
    server.say = FakeServer::Say::server_failure;
    EXPECT_EQ(result(), "temperror");
    server.say = FakeServer::Say::nothing;
    EXPECT_EQ(result("192.0.2.25", "isle.example", 50ms), "temperror");
    resolver->stop();
    EXPECT_EQ(result(), "temperror");
}

TEST_F(SpfTest, AHintIsThereForTheNextOneWhoAsks) {
    has("isle.example", "v=spf1 ip4:192.0.2.25 ~all");
    SpfHintSettings settings;
    EXPECT_FALSE(SpfHints(loop.io.get_executor(), resolver, settings).ask("isle.example"));
    EXPECT_TRUE(server.asked.empty()) << "no address, no question";
    settings.egress = {IpAddress::parse("192.0.2.25").value(), IpAddress::parse("192.0.2.26").value()};
    settings.max_in_flight = 2;
    SpfHints hints(loop.io.get_executor(), resolver, settings);
    EXPECT_FALSE(hints.ask("isle.example"));
    EXPECT_FALSE(hints.ask("isle.example"));
    EXPECT_FALSE(hints.ask("none.example"));
    EXPECT_FALSE(hints.ask("toomany.example"));
    loop.run_until([&] { return hints.ask("isle.example").has_value() && hints.ask("none.example").has_value(); });
    EXPECT_EQ(hints.ask("isle.example"), Verdict::softfail) << "the worst of all addresses";
    EXPECT_EQ(hints.ask("none.example"), Verdict::none);
    const auto asked = server.asked.size();
    server.records.clear();
    EXPECT_EQ(hints.ask("isle.example"), Verdict::softfail) << "remembered";
    EXPECT_EQ(server.asked.size(), asked);
    EXPECT_EQ(std::count(server.asked.begin(), server.asked.end(), "toomany.example"), 0);
}

TEST_F(SpfTest, AHintThatIsStillSoughtEndsWithTheResolver) {
    server.say = FakeServer::Say::nothing;
    SpfHintSettings settings;
    settings.egress = {IpAddress::parse("192.0.2.25").value()};
    {
        SpfHints hints(loop.io.get_executor(), resolver, settings);
        EXPECT_FALSE(hints.ask("isle.example"));
    }
    loop.run_until([&] { return !server.asked.empty(); });
    resolver->stop();
    loop.run_until([&] { return resolver.use_count() == 1; });
    server.close();
    loop.deadlines.stop();
    loop.io.restart();
    loop.io.run(); // returns
}

} // namespace
} // namespace lazaret::dns
