#include "scan/dns_lists.hpp"

#include "dns/fake_server.hpp"
#include "net/test_support.hpp"

#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using namespace net::test;
using dns::List;

net::task<> scan_it(DnsLists& lists, std::vector<std::string> hosts, IpAddress client, Outcome& out) {
    out = co_await lists.scan(std::move(hosts), client, 30s);
}

TEST(DnsListScanner, FindsTheFirstOfEachListWithItsCheck) {
    Loop loop;
    dns::test::FakeServer server(loop.io);
    for (const char* name : {"one.example.dbl.example", "two.example.dbl.example", "7.2.0.192.xbl.example", "one.example.off.example"})
        server.records[name] = {{"127.0.0.2"}, 60};
    dns::ResolverSettings settings;
    settings.servers = {server.address()};
    dns::Resolver resolver(loop.io.get_executor(), settings);
    using verdict::Mode;
    DnsLists lists({DnsListSettings(List("off", "off.example", List::Of::domains), Check(Mode::off, 9)),
                    DnsListSettings(List("dbl", "dbl.example", List::Of::domains), Check(Mode::enforce, 7)),
                    DnsListSettings(List("xbl", "xbl.example", List::Of::addresses), Check(Mode::warn, 2))},
                   resolver);
    EXPECT_FALSE(lists.empty());
    Outcome outcome;
    loop.run(scan_it(lists, {"good.example", "one.example", "two.example"}, IpAddress::parse("192.0.2.7").value(), outcome));
    EXPECT_EQ(outcome.state, Outcome::State::found);
    EXPECT_EQ(outcome.findings, (std::vector<verdict::Finding>{{"dns.dbl.one.example", Mode::enforce, 7}, {"dns.xbl.192.0.2.7", Mode::warn, 2}}));
    EXPECT_EQ(outcome.score, 9);
    loop.run(scan_it(lists, {"good.example"}, IpAddress(), outcome));
    EXPECT_EQ(outcome.state, Outcome::State::clean);
    loop.run(scan_it(lists, {"192.0.2.7"}, IpAddress(), outcome));
    EXPECT_EQ(outcome.findings.size(), 1u) << "an address that a link leads to";
    for (const auto& name : server.asked)
        EXPECT_FALSE(name.ends_with("off.example")) << name;
}

} // namespace
} // namespace lazaret::scan
