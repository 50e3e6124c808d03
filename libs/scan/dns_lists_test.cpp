#include "scan/dns_lists.hpp"

#include "dns/fake_server.hpp"
#include "net/test_support.hpp"

#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using namespace net::test;
using verdict::Mode;

net::task<> scan_it(DnsLists& lists, std::vector<std::string> hosts, IpAddress client, verdict::Mode mode, std::vector<ListLook>& out) {
    out = co_await lists.scan(std::move(hosts), client, mode, 30s);
}

class DnsListScanner : public ::testing::Test {
  protected:
    Loop loop;
    dns::test::FakeServer server{loop.io};
    std::unique_ptr<dns::Resolver> resolver;
    std::unique_ptr<DnsLists> lists;

    void SetUp() override {
        for (const char* name : {"one.example.dbl.example", "two.example.dbl.example", "7.2.0.192.xbl.example", "one.example.off.example"})
            server.records[name] = {{"127.0.0.2"}, 60};
        config::Config config;
        using Of = config::DnsList::Of;
        config.dns_lists = {list("off", Of::domains, Mode::off, 9), list("dbl", Of::domains, Mode::enforce, 7), list("xbl", Of::addresses, Mode::warn, 2)};
        dns::ResolverSettings settings;
        settings.servers = {server.address()};
        resolver = std::make_unique<dns::Resolver>(loop.io.get_executor(), settings);
        lists = std::make_unique<DnsLists>(dns_list_settings(config), *resolver);
    }
    static config::DnsList list(const std::string& name, config::DnsList::Of of, Mode mode, double score) {
        config::DnsList out;
        out.name = name;
        out.zone = name + ".example";
        out.of = of;
        out.mode = mode;
        out.score = score;
        return out;
    }
    /// "dbl found dns.dbl.evil.example:enforce:7; "
    std::string scan(std::vector<std::string> hosts, IpAddress client = IpAddress(), Mode mode = Mode::enforce) {
        std::vector<ListLook> looks;
        loop.run(scan_it(*lists, std::move(hosts), client, mode, looks));
        std::string out;
        for (const auto& look : looks) {
            out += look.list + " " + std::string(to_string(look.outcome.state));
            for (const auto& finding : verdict::to_strings(look.outcome.findings)) out += " " + finding;
            out += look.outcome.failure.empty() ? "; " : " " + look.outcome.failure + "; ";
        }
        return out;
    }
};

TEST_F(DnsListScanner, FindsTheFirstOfEachListWithItsCheck) {
    EXPECT_FALSE(lists->empty());
    EXPECT_EQ(scan({"good.example", "one.example", "two.example"}, IpAddress::parse("192.0.2.7").value()),
              "dbl found dns.dbl.one.example:enforce:7; xbl found dns.xbl.192.0.2.7:warn:2; ");
    EXPECT_EQ(scan({"good.example"}), "dbl clean; ");
    EXPECT_EQ(scan({"192.0.2.7"}), "xbl found dns.xbl.192.0.2.7:warn:2; ") << "an address that a link leads to";
    EXPECT_EQ(scan({}), "");
    for (const auto& name : server.asked)
        EXPECT_FALSE(name.ends_with("off.example")) << name;
}

TEST_F(DnsListScanner, NoneIsStricterThanThePolicy) {
    EXPECT_EQ(scan({"one.example"}, IpAddress(), Mode::warn), "dbl found dns.dbl.one.example:warn:7; ");
}

TEST_F(DnsListScanner, OneThatIsAwayOrListsEverythingFindsNothingAndSaysSo) {
    dns::test::FakeServer::Record everything{{"127.0.0.2"}, 60};
    server.wildcard = &everything;
    EXPECT_EQ(scan({"three.example"}), "dbl failed refuses to answer or lists everything: not believed; ");
    server.say = dns::test::FakeServer::Say::server_failure;
    EXPECT_EQ(scan({}, IpAddress::parse("192.0.2.9").value()), "xbl failed no answer in time; ");
}

TEST_F(DnsListScanner, WhoWaitsWhenItIsStoppedHasNothing) {
    server.say = dns::test::FakeServer::Say::nothing;
    std::vector<ListLook> looks;
    loop.spawn(scan_it(*lists, {"one.example"}, IpAddress(), Mode::enforce, looks));
    loop.run_until([&] { return !server.asked.empty(); });
    resolver->stop();
    loop.run_until([&] { return !looks.empty(); });
    EXPECT_EQ(looks[0].outcome.state, Outcome::State::failed);
}

} // namespace
} // namespace lazaret::scan
