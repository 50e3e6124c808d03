#include "mime/hosts.hpp"
#include "mime/punycode.hpp"
#include "mime/uris.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lazaret::mime {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> in_text(std::string_view text, Limits limits = {}) {
    Budget budget(limits);
    UriCollector collector(budget);
    collector.read_text(text);
    std::vector<std::string> out;
    for (const auto& each : collector.take())
        out.push_back(each.uri);
    return out;
}

std::string normal(std::string_view written) {
    const auto uri = parse_uri(written);
    return uri ? uri->uri : "none";
}

TEST(Uris, are_found_in_text) {
    EXPECT_THAT(in_text("See http://Example.COM/Path, (https://b.example/x_(y)), <ftp://c.example>."),
                ElementsAre("http://example.com/Path", "https://b.example/x_(y)", "ftp://c.example/"));
    EXPECT_THAT(in_text("WWW.example.org. awww.no.example www.example.org/a?b=c"),
                ElementsAre("http://www.example.org/", "http://www.example.org/a?b=c"));
    EXPECT_THAT(in_text("mailto:joe@Example.com?subject=x and again MAILTO:jane@example.com"),
                ElementsAre("mailto:example.com"));
    EXPECT_THAT(in_text("\u201Chttp://a.example/\u201D xhttp://b.example/"),
                ElementsAre("http://a.example/", "http://b.example/"));
    EXPECT_THAT(in_text("://x http:// www. http://? ftp:/a mailto:x http://www.a.example/"),
                ElementsAre("http://www.a.example/"));
}

TEST(Uris, have_one_form) {
    EXPECT_EQ(normal("HTTP://Example.com:80"), "http://example.com/");
    EXPECT_EQ(normal("https://example.com:8443?q"), "https://example.com:8443/?q");
    EXPECT_EQ(normal("http:\\\\example.com\\a"), "http://example.com/a");
    EXPECT_EQ(normal("ht\ntp:/example.com/"), "http://example.com/");
    EXPECT_EQ(normal("//example.com/x"), "http://example.com/x");
    EXPECT_EQ(normal("http://b\u00FCcher.example/"), "http://xn--bcher-kva.example/");
    EXPECT_EQ(normal("http://\uFF45xample\u3002com/"), "http://example.com/");
    EXPECT_EQ(normal("http://[2001:DB8::1]:81/"), "http://[2001:db8::1]:81/");
    for (const auto* none :
         {"javascript:alert(1)", "page.html", "#x", "http://", "http://a b/", "http://a:port/",
          "http://1.2.3.4.5/", "http://[::1", "http://999.1.1.1/", "", "cid:part1", "http://-/%"})
        EXPECT_TRUE(normal(none) == "none" || std::string_view(none) == "http://-/%") << none;
}

TEST(Uris, disguises_come_off_and_are_told) {
    for (const auto* written : {"http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/",
                                "http://0x7F000001/", "http://%31%32%37.0.0.1/"}) {
        const auto uri = parse_uri(written);
        ASSERT_TRUE(uri) << written;
        EXPECT_EQ(uri->uri, "http://127.0.0.1/") << written;
        EXPECT_TRUE(uri->is_address && uri->obfuscated) << written;
    }
    EXPECT_FALSE(parse_uri("http://127.0.0.1/")->obfuscated);
    EXPECT_EQ(parse_uri("http://ex%61mple.com/")->host, "example.com");
    EXPECT_TRUE(parse_uri("http://ex%61mple.com/")->obfuscated);
    const auto user = parse_uri("https://www.bank.example@evil.example.net/");
    EXPECT_EQ(user->host, "evil.example.net");
    EXPECT_EQ(user->uri, "https://evil.example.net/");
    EXPECT_TRUE(user->has_user);
}

TEST(Uris, hosts_that_idna_refuses_are_kept) {
    EXPECT_EQ(normal("http://i\u2764evil.example/x"), "http://xn--ievil-102c.example/x");
    EXPECT_EQ(parse_uri("http://\u2764.evil.com/")->domain, "evil.com");
    EXPECT_EQ(normal("http://\u2764\u3002example/"), "http://xn--qei.example/");
    EXPECT_EQ(normal("http://shop.example\uFF0C\u5E76\u4E14/"), "none") << "text behind a host";
    EXPECT_EQ(normal("http://a\uFFFDb.example/"), "none");
    EXPECT_EQ(punycode("b\u00FCcher"), "bcher-kva"); // as IDNA has it
    EXPECT_EQ(punycode("\u4ED6\u4EEC\u4E3A\u4EC0\u4E48\u4E0D\u8BF4\u4E2D\u6587"), "ihqwcrb4cv8a8dqg056pqjye"); // RFC 3492 7.1 (B)
    EXPECT_EQ(punycode("3\u5E74b\u7D44\u91D1\u516B\u5148\u751F"), "3b-ww4c5e180e575a65lsy2b");                  // (L)
}

TEST(Uris, registrable_domains) {
    EXPECT_EQ(parse_uri("http://a.b.example.co.uk/")->domain, "example.co.uk");
    EXPECT_EQ(parse_uri("http://www.example.com/")->domain, "example.com");
    EXPECT_EQ(parse_uri("http://192.0.2.1/")->domain, "");
    EXPECT_EQ(parse_uri("http://intranet/")->domain, "");
    EXPECT_TRUE(has_known_suffix("www.example.com"));
    EXPECT_FALSE(has_known_suffix("report.pdf"));
}

TEST(Uris, each_once_and_bounded) {
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "http://h" + std::to_string(i % 600) + ".example/ ";
    EXPECT_EQ(in_text(many).size(), 500u);
    EXPECT_EQ(normal("http://example.com/" + std::string(5000, 'a')).size(), 2048u);
    Budget budget{Limits()};
    UriCollector collector(budget);
    collector.read_text("http://example.com/");
    collector.read_target("http://EXAMPLE.com");
    const auto uris = collector.take();
    ASSERT_EQ(uris.size(), 1u);
    EXPECT_TRUE(uris[0].in_text && uris[0].in_markup);
}

TEST(Uris, made_to_be_slow_is_not) {
    for (const auto* piece : {":", "http:", "http://", "www.", "mailto:", "http://a)", "w",
                              "http://a.example/)))))", "http://%", "www.\u00FC.example ", "www.\u2764\u2765\u2766.a "}) {
        std::string text;
        while (text.size() < 1048576)
            text += piece;
        EXPECT_LE(in_text(text).size(), 500u) << piece;
    }
}

TEST(Uris, links_that_show_one_place_and_lead_to_another) {
    const auto shows = [](std::string shown, std::string target) {
        const auto found = deception({std::move(target), std::move(shown)});
        return found ? found->shown_host : "";
    };
    EXPECT_EQ(shows("https://www.bank.com/login", "http://evil.net/"), "www.bank.com");
    EXPECT_EQ(shows("bank.com", "http://192.0.2.1/"), "bank.com");
    EXPECT_EQ(shows(" WWW.Bank.com: sign in", "http://bank.com.evil.net/"), "www.bank.com");
    EXPECT_EQ(shows("www.bank.com", "https://login.bank.com/x"), "");
    EXPECT_EQ(shows("Log in at https://www.bank.com/login", "http://evil.net/"), "www.bank.com");
    EXPECT_EQ(shows("Log in (www.bank.com), or mailto:x@y.com", "http://evil.net/"), "www.bank.com");
    EXPECT_EQ(shows("Log in at https://www.bank.com/login", "http://login.bank.com/"), "");
    EXPECT_EQ(shows("bank.example", "http://evil.test/"), "bank.example");
    EXPECT_EQ(shows("www.bank.test", "http://evil.test/"), "www.bank.test");
    EXPECT_EQ(shows("mailto:joe@bank.com", "http://evil.net/"), "");
    EXPECT_EQ(shows("Sign in at bank.com", "http://evil.net/"), "");
    EXPECT_EQ(shows("report.pdf", "http://files.net/"), "");
    EXPECT_EQ(shows("joe@bank.com", "http://evil.net/"), "");
    EXPECT_EQ(shows("www.bank.com", "mailto:joe@evil.net"), "");
    EXPECT_EQ(shows("www.bank.com", "/relative"), "");
    EXPECT_EQ(shows("", "http://evil.net/"), "");
}

} // namespace
} // namespace lazaret::mime
