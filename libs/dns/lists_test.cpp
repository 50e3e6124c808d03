#include "dns/lists.hpp"

#include "dns/fake_server.hpp"
#include "metrics/registry.hpp"
#include "net/test_support.hpp"

#include <gmock/gmock.h>

namespace lazaret::dns {
namespace {

using namespace net::test;
using test::FakeServer;
using testing::HasSubstr;


IpAddress ip(const char* text) {
    return IpAddress::parse(text).value();
}

Answer found(std::initializer_list<const char*> addresses) {
    Answer answer;
    answer.state = Answer::State::found;
    for (const char* each : addresses)
        answer.addresses.push_back(ip(each));
    return answer;
}

const List of_addresses("xbl", "xbl.example", List::Of::addresses), of_domains("dbl", "dbl.example", List::Of::domains);

TEST(DnsListNames, AreThoseOfRfc5782) {
    EXPECT_EQ(question(of_addresses, ip("192.0.2.99")), "99.2.0.192.xbl.example");
    EXPECT_EQ(question(of_addresses, ip("2001:db8:1:2:3:4:567:89ab")),
              "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.xbl.example");
    EXPECT_EQ(question(of_domains, "Evil.Example"), "evil.example.dbl.example");
    EXPECT_EQ(question(of_domains, std::string(250, 'a')), "");
    EXPECT_EQ(control_question(of_addresses), "1.0.0.127.xbl.example");
    EXPECT_EQ(control_question(of_domains), "invalid.dbl.example");
}

TEST(DnsListAnswers, OnlyThoseOnTheEntryCount) {
    for (const char* listed : {"127.0.0.2", "127.0.0.255", "127.0.1.2", "127.1.2.3"})
        EXPECT_EQ(judge(of_domains, found({listed})), Listing::listed) << listed;
    for (const char* refused : {"127.0.0.0", "127.0.0.1", "127.0.1.255", "127.255.255.252", "127.255.255.255", "192.0.2.1", "10.0.0.2", "0.0.0.0"})
        EXPECT_EQ(judge(of_domains, found({refused})), Listing::refused) << refused;
    EXPECT_EQ(judge(of_domains, found({"127.0.0.2", "192.0.2.1"})), Listing::refused) << "no list would mix them";
    Answer answer;
    EXPECT_EQ(judge(of_domains, answer), Listing::away);
    answer.state = Answer::State::none;
    EXPECT_EQ(judge(of_domains, answer), Listing::not_listed);
}

TEST(DnsListAnswers, SomeOfAListCanBeChosen) {
    const List xbl("zen", "zen.example", List::Of::addresses, {Cidr::parse("127.0.0.4/30").value()});
    EXPECT_EQ(judge(xbl, found({"127.0.0.4"})), Listing::listed);
    EXPECT_EQ(judge(xbl, found({"127.0.0.10"})), Listing::not_listed);
    EXPECT_EQ(judge(xbl, found({"127.0.0.10", "127.0.0.7"})), Listing::listed);
    EXPECT_EQ(judge(xbl, found({"127.255.255.254"})), Listing::refused);
}

net::task<> look_up(Lists& lists, std::vector<std::string> domains, std::vector<IpAddress> addresses, std::string& out) {
    const auto reports = co_await lists.look_up(std::move(domains), std::move(addresses), 30s);
    for (const auto& report : reports) {
        if (report.state == Report::State::off) out += report.list->name + " is off ";
        if (report.state == Report::State::away) out += report.list->name + " is away ";
        for (const auto& subject : report.listed) out += report.list->name + ":" + subject + " ";
    }
}

class ListsTest : public ::testing::Test {
  protected:
    Loop loop;
    FakeServer server{loop.io};
    std::unique_ptr<Resolver> resolver;
    std::unique_ptr<Lists> lists;
    ResolverSettings settings;

    void make(const std::string& name) { // a name of its own for each test: metrics are the process's
        settings.servers = {server.address()};
        settings.timeout = 300ms;
        settings.tries = 1;
        settings.failed_ttl = settings.none_ttl = settings.min_ttl = settings.max_ttl = Duration::zero();
        resolver = std::make_unique<Resolver>(loop.io.get_executor(), settings);
        lists = std::make_unique<Lists>(std::vector<List>{List(name + "-a", "a.example", List::Of::addresses),
                                                          List(name + "-d", "d.example", List::Of::domains)},
                                        *resolver);
        server.records["2.0.0.127.a.example"] = {{"127.0.0.2"}, 60};
        server.records["7.2.0.192.a.example"] = {{"127.0.0.4"}, 60};
        server.records["evil.example.d.example"] = {{"127.0.1.2"}, 60};
    }
    std::string look_up(std::vector<std::string> domains, std::vector<IpAddress> addresses = {}) {
        std::string out;
        loop.run(dns::look_up(*lists, std::move(domains), std::move(addresses), out));
        return out;
    }
};

TEST_F(ListsTest, EachIsAskedAboutItsKind) {
    make("kind");
    EXPECT_EQ(look_up({"good.example", "evil.example"}, {ip("192.0.2.7"), ip("192.0.2.8")}), "kind-a:192.0.2.7 kind-d:evil.example ");
    EXPECT_EQ(server.asked.size(), 6u) << "and about what must not be listed";
    EXPECT_EQ(look_up({}, {ip("192.0.2.7")}), "kind-a:192.0.2.7 ");
    EXPECT_EQ(look_up({"good.example"}), "");
    server.asked.clear();
    EXPECT_EQ(look_up({}), "");
    EXPECT_TRUE(server.asked.empty());
    const auto said = metrics::expose();
    EXPECT_THAT(said, HasSubstr("lazaret_dns_list_total{list=\"kind-a\",result=\"listed\"} 2"));
    EXPECT_THAT(said, HasSubstr("lazaret_dns_list_total{list=\"kind-d\",result=\"not_listed\"} 2"));
}

TEST_F(ListsTest, OneThatListsEverythingIsNotBelieved) {
    make("all");
    FakeServer::Record everything{{"127.0.0.2"}, 60};
    server.wildcard = &everything;
    EXPECT_EQ(look_up({"good.example"}, {ip("192.0.2.9")}), "all-a is off all-d is off ");
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_off{list=\"all-a\"} 1"));
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_total{list=\"all-d\",result=\"everything\"} 1"));
    server.wildcard = nullptr;
    EXPECT_EQ(look_up({"evil.example"}, {ip("192.0.2.7")}), "all-a:192.0.2.7 all-d:evil.example ") << "and believed again";
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_off{list=\"all-a\"} 0"));
}

TEST_F(ListsTest, OneThatRefusesListsNobody) {
    make("refuses");
    FakeServer::Record refused{{"127.255.255.254"}, 60};
    server.wildcard = &refused;
    EXPECT_EQ(look_up({"good.example"}), "refuses-d is off ");
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_total{list=\"refuses-d\",result=\"refused\"} 1"));
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_off{list=\"refuses-d\"} 1"));
    lists.reset();
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_off{list=\"refuses-d\"} 0"));
}

TEST_F(ListsTest, AListingCountsOnlyBesideAProperAnswer) {
    make("half");
    server.records["invalid.d.example"] = {{"127.255.255.255"}, 60};
    EXPECT_EQ(look_up({"evil.example"}), "half-d is off ") << "what the list says beside a refusal is nothing to rely on";
    server.records.erase("invalid.d.example");
    EXPECT_EQ(look_up({"evil.example"}), "half-d:evil.example ");
}

TEST_F(ListsTest, OneThatIsAwayListsNobody) {
    make("away");
    for (const auto say : {FakeServer::Say::nothing, FakeServer::Say::server_failure}) {
        server.say = say;
        EXPECT_EQ(look_up({"evil.example"}, {ip("192.0.2.7")}), "away-a is away away-d is away ");
    }
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_total{list=\"away-d\",result=\"away\"} 2"));
    EXPECT_THAT(metrics::expose(), HasSubstr("lazaret_dns_list_off{list=\"away-d\"} 0"));
    server.say = FakeServer::Say::answer;
    EXPECT_EQ(look_up({"evil.example"}), "away-d:evil.example ") << "back at once";
}

} // namespace
} // namespace lazaret::dns
