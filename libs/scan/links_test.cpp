#include "scan/links.hpp"

#include "event/event.hpp"
#include "scan/reading.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace lazaret::scan {
namespace {

std::shared_ptr<const HostList> list(std::string_view text) {
    auto made = HostList::parse(text, "hosts");
    EXPECT_TRUE(made) << made.error().message;
    return *made;
}

std::string error_of(std::string_view text) {
    const auto made = HostList::parse(text, "hosts");
    return made ? std::string() : made.error().message;
}

TEST(HostList, CoversDomainsAndAllBelow) {
    const auto hosts = list("# ours\r\nEvil.Example   # since May\r\n\r\n*.shop.example\n.bad.example\n192.0.2.7\n2001:DB8::7\n"
                            "[2001:db8::8]\nb\xC3\xBC" "cher.example\n");
    EXPECT_EQ(hosts->size(), 7u);
    EXPECT_EQ(hosts->find("evil.example"), "evil.example");
    EXPECT_EQ(hosts->find("www.very.evil.example"), "evil.example");
    EXPECT_TRUE(hosts->covers("shop.example"));
    EXPECT_TRUE(hosts->covers("a.bad.example"));
    EXPECT_TRUE(hosts->covers("192.0.2.7"));
    EXPECT_TRUE(hosts->covers("2001:db8::7"));
    EXPECT_TRUE(hosts->covers("2001:db8::8"));
    EXPECT_TRUE(hosts->covers("www.xn--bcher-kva.example"));
    for (const char* other : {"", "example", "notevil.example", "evil.example.org", "0.2.7", "192.0.2.70", "1.192.0.2.7.x"})
        EXPECT_FALSE(hosts->covers(other)) << other;
    EXPECT_FALSE(list("")->covers("a.example"));
}

TEST(HostList, ErrorsNameFileAndLine) {
    EXPECT_EQ(error_of("a.example\nhttp://b.example/\n"),
              "hosts:2: http://b.example/: expected a host, a domain or an address, one a line");
    for (const char* wrong : {"a b", "a@b.example", "a..b", "1.2.3.4.5", "a,b", "\x01"})
        EXPECT_TRUE(error_of("# first\n\n" + std::string(wrong) + "\n").starts_with("hosts:3: ")) << wrong;
    EXPECT_EQ(HostList::load("/nowhere/hosts").error().message, "/nowhere/hosts: No such file or directory");
    EXPECT_FALSE(HostList::load("/"));
}

TEST(HostList, ThousandsLoad) {
    const auto file = std::filesystem::path(::testing::TempDir()) / ("lazaret-hosts-" + std::to_string(::getpid()));
    std::ofstream out(file);
    for (int i = 0; i < 20'000; ++i)
        out << "host" << i << ".example\n";
    out.close();
    const auto loaded = HostList::load(file);
    std::filesystem::remove(file);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ((*loaded)->size(), 20'000u);
    EXPECT_TRUE((*loaded)->covers("www.host19999.example"));
}

std::string found(const std::string& body, const LinkPolicy& policy, const std::string& type = "text/html") {
    const auto fields = "Content-Type: " + type + "\r\n";
    const auto message = fields + "\r\n" + body;
    Reading reading(message, fields.size() + 2);
    std::string out;
    for (const auto& each : check_links(reading, policy))
        out += (out.empty() ? "" : " ") + verdict::to_string(each);
    return out;
}

TEST(Links, BlockedHostsAreNamedByTheList) {
    LinkPolicy policy;
    policy.block = list("evil.example\n192.0.2.7\n");
    EXPECT_EQ(found("see https://www.evil.example/a and http://evil.example/b", policy, "text/plain"),
              "uri.blocked.evil.example:enforce:10");
    EXPECT_EQ(found("<img src='http://evil.example/pixel'><a href='http://192.0.2.7/'>x</a>", policy),
              "uri.blocked.evil.example:enforce:10 uri.blocked.192.0.2.7:enforce:10");
    EXPECT_EQ(found("https://good.example/?x=evil.example", policy, "text/plain"), "");
    policy.blocked.mode = verdict::Mode::off;
    EXPECT_EQ(found("https://www.evil.example/", policy, "text/plain"), "");
}

TEST(Links, DeceptionIsFound) {
    const std::string lie = "<a href='https://evil.example.net/x'>www.bank.example.com</a>";
    EXPECT_EQ(found(lie, {}), "uri.deceptive:warn:3");
    EXPECT_EQ(found(lie + lie, {}), "uri.deceptive:warn:3") << "once";
    EXPECT_EQ(found("<a href='https://login.example.com/x'>www.example.com</a> <a href='https://evil.example.net/'>click</a>", {}), "");
    LinkPolicy policy;
    policy.allow = list("evil.example.net");
    EXPECT_EQ(found(lie, policy), "") << "a host that is allowed may be anywhere";
}

TEST(Links, OddHostsAreFound) {
    EXPECT_EQ(found("<a href='http://0x7f.1/'>x</a>", {}), "uri.obfuscated:warn:5");
    EXPECT_EQ(found("<a href='https://bank.example.com@evil.example/'>x</a>", {}), "uri.user:warn:5");
    EXPECT_EQ(found("write to mailto:jo@example.com", {}, "text/plain"), "");
    EXPECT_EQ(found("ftp://user@files.example.com/", {}, "text/plain"), "");
}

TEST(Links, AllowedHostsAreNotReportedOrAsked) {
    LinkPolicy policy;
    policy.block = list("example.com");
    policy.allow = list("good.example.com");
    EXPECT_EQ(found("https://good.example.com/", policy, "text/plain"), "");
    EXPECT_EQ(found("https://other.example.com/", policy, "text/plain"), "uri.blocked.example.com:enforce:10");

    const std::string message = "Subject: x\r\n\r\nhttp://a.example.org/ http://b.example.org/ https://good.example.com/ "
                                "http://192.0.2.9/ mailto:x@mail.example.net ftp://files.example.net/ http://localhost/ "
                                "http://more.example.info/\r\n";
    Reading reading(message, 14);
    EXPECT_EQ(hosts_to_ask(reading.uris(), policy),
              (std::vector<std::string>{"example.org", "192.0.2.9", "example.net", "example.info"}));
    EXPECT_EQ(hosts_to_ask(reading.uris(), policy, 2).size(), 2u);
}

TEST(Links, AnEventKeepsTheSameHostsOfMessagesThatShareThem) {
    EXPECT_EQ(hosts_to_keep({"b.example", "a.example"}), hosts_to_keep({"a.example", "b.example"}));
    EXPECT_TRUE(hosts_to_keep({}).empty());
    std::vector<std::string> many;
    for (int i = 0; i < 12; ++i)
        many.push_back("h" + std::to_string(i) + ".example");
    const auto kept = hosts_to_keep(many);
    EXPECT_EQ(kept.size(), event::most_uri_hosts);
    std::reverse(many.begin(), many.end());
    EXPECT_EQ(hosts_to_keep(many), kept);
}

} // namespace
} // namespace lazaret::scan
