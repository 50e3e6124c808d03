#include "mime/mask.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lazaret::mime {
namespace {

constexpr std::size_t enough = 4096;

std::string masked(std::string_view text, const std::vector<std::string>& recipients = {}) {
    return Mask(recipients).text(text, enough);
}
std::string header(std::string_view section, const std::vector<std::string>& recipients = {}) {
    return Mask(recipients).header(section, enough);
}

TEST(Mask, an_excerpt_ends_where_the_empty_line_before_its_last_one_does) {
    const Mask mask({});
    for (std::size_t most = 1; most < 40; ++most) {
        const auto excerpt = mask.text("first line\n\nsecond line\n\n\nthird line, which is longer", most);
        EXPECT_LE(excerpt.size(), most);
        if (most > 15) EXPECT_GE(excerpt.size() + 2, std::min<std::size_t>(most, 50)) << most;
    }
}

TEST(Mask, of_an_address_the_domain_stays) {
    EXPECT_EQ(masked("write to paul@isle.example now"), "write to ***@isle.example now");
    EXPECT_EQ(masked("paul@isle.example,anna@b\xC3\xBC" "cher.example."), "***@isle.example,***@b\xC3\xBC" "cher.example.");
    EXPECT_EQ(masked("<a.b+c-d=e@x.example>; mailto:bob@x.example"), "<***@x.example>; mailto:***@x.example");
    EXPECT_EQ(masked("j\xC3\xBCrgen@isle.example"), "***@isle.example");
    EXPECT_EQ(masked("paul@[192.0.2.1]"), "***@[192.0.2.1]");
    EXPECT_EQ(masked("@relay.example:paul@isle.example"), "@relay.example:***@isle.example");
    EXPECT_EQ(masked("bounce+paul=isle.example@list.example"), "***@list.example");
    EXPECT_EQ(masked("paul%40isle.example paul%2540isle.example"), "***%40isle.example ***%2540isle.example");
    EXPECT_EQ(masked("paul\xEF\xBC\xA0isle.example"), "***\xEF\xBC\xA0isle.example");
    EXPECT_EQ(masked("one@two@three.example"), "***@***@three.example");
    EXPECT_EQ(masked("123456@1234567.example"), "***@1234567.example");
    EXPECT_EQ(masked("no address at all, 5 % off"), "no address at all, 5 % off");
}

TEST(Mask, quoted_local_parts_and_comments) {
    EXPECT_EQ(masked(R"(to "paul smith"@isle.example)"), "to ***@isle.example");
    EXPECT_EQ(masked(R"(to "paul \" smith"@isle.example)"), "to ***@isle.example");
    EXPECT_EQ(masked(R"(to "paul".smith@isle.example)"), "to ***@isle.example");
    EXPECT_EQ(masked(R"(the "offer" is for "paul@isle.example")"), R"(the "offer" is for "***@isle.example")");
    EXPECT_EQ(masked("to paul(his (own) name)@isle.example"), "to ***@isle.example");
    EXPECT_EQ(masked("to paul @ isle.example"), "to ***@ isle.example");
    // A quotation mark that opens nowhere: rather too much.
    EXPECT_EQ(masked(R"(to paul smith"@isle.example)"), "***@isle.example");
}

TEST(Mask, digits_and_what_may_be_encoded) {
    EXPECT_EQ(masked("call +49 (170) 123-4567 or 12345"), "call +** (***) ***-**** or 12345");
    EXPECT_EQ(masked("code 123456, 99.000 euros, 5 or 6"), "code ******, 99.000 euros, 5 or 6");
    EXPECT_EQ(masked("id cGF1bEBpc2xlLmV4YW1wbGU= end"), "id *** end");
    EXPECT_EQ(masked("Donaudampfschifffahrtsgesellschaft"), "Donaudampfschifffahrtsgesellschaft");
    EXPECT_EQ(masked("----------------------------------"), "----------------------------------");
}

TEST(Mask, links_keep_their_host) {
    EXPECT_EQ(masked("see https://evil.example/offer/now?who=paul%40isle.example#x!"), "see https://evil.example/offer/now?***");
    EXPECT_EQ(masked("http://bank.example@evil.example/"), "http://***@evil.example/");
    EXPECT_EQ(masked("http://evil.example/u/paul@isle.example/off"), "http://evil.example/u/***/off");
    EXPECT_EQ(masked("http://evil.example/1234567/cGF1bEBpc2xlLmV4YW1wbGU="), "http://evil.example/*******/***");
    EXPECT_EQ(masked("(http://evil.example) paul@isle.example"), "(http://evil.example) ***@isle.example");
}

TEST(Mask, recipients_are_hidden_by_name) {
    const std::vector<std::string> recipients{"paul.smith@isle.example", "j\xC3\xBCrgen@isle.example", "al@isle.example"};
    EXPECT_EQ(masked("Dear Paul, Mr. SMITH and al", recipients), "Dear ***, Mr. *** and al");
    EXPECT_EQ(masked("\xE2\x80\x9Cpaul\xE2\x80\x9D, pauline, paul_1", recipients), "\xE2\x80\x9C***\xE2\x80\x9D, pauline, ***_1");
    EXPECT_EQ(masked("Hallo j\xC3\xBCrgen!", recipients), "Hallo ***!");
    EXPECT_EQ(masked("https://evil.example/paul", recipients), "https://evil.example/***");
}

TEST(Mask, is_cut_between_characters_and_never_within_an_address) {
    const Mask mask({});
    const std::string euros = "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC";
    EXPECT_EQ(mask.text(euros, 8), euros.substr(0, 6));
    // The text is read to four times its bound: wherever that falls, nothing of the name is left.
    for (std::size_t before = 0; before < 60; ++before)
        for (const std::string_view address : {"qqq@isle.example", "\"qqq qqq\"@isle.example", "qqq (qqq) @isle.example"}) {
            const auto out = mask.text(std::string(before, ' ') + std::string(address) + " and more of it", 10);
            EXPECT_EQ(out.find('q'), out.npos) << before << ": " << out;
            EXPECT_LE(out.size(), 10u);
            EXPECT_TRUE(is_valid_utf8(out));
        }
}

TEST(Mask, text_is_tidy) {
    EXPECT_EQ(masked("  one \t\r\n\n\n\n\ttwo\tthree\x01\n\n"), "one\n\ntwo three?");
    EXPECT_EQ(masked(""), "");
}

TEST(Mask, fields_that_name_recipients_keep_domains_alone) {
    EXPECT_EQ(header("To: \"Smith, Paul\"\r\n <paul@isle.example>,\r\n\tanna@far.example (Anna)\r\n"),
              "To: ***@isle.example, ***@far.example\n");
    EXPECT_EQ(header("Cc: =?utf-8?Q?paul=40isle.example?= <paul@isle.example>\r\n"), "Cc: ***@isle.example\n");
    EXPECT_EQ(header("bcc: paul\r\nDelivered-To: paul\r\nX-Failed-Recipients: paul@x.example\r\n"),
              "bcc: ***\nDelivered-To: ***\nX-Failed-Recipients: ***@x.example\n");
    EXPECT_EQ(header("To: undisclosed-recipients:;\r\nCc:\r\n"), "To: ***\nCc: \n");
    std::string many = "To: ";
    for (int i = 0; i < 50; ++i) many += "paul@isle.example,\r\n ";
    const auto kept = header(many + "x@y.example\r\n");
    EXPECT_EQ(kept.find("paul"), kept.npos);
    EXPECT_NE(kept.find(", and 31 more\n"), kept.npos) << kept;
}

TEST(Mask, other_fields_are_decoded_and_masked) {
    EXPECT_EQ(header("From: =?utf-8?B?U3BhcmthZmZl?= <service@evil.example>\r\nSubject: =?utf-8?Q?F=C3=BCr_paul=40isle.example?=\r\n"),
              "From: Sparkaffe <***@evil.example>\nSubject: F\xC3\xBCr ***@isle.example\n");
    EXPECT_EQ(header("Subject: Paul, call\r\n 0170 1234567\r\nX-Who: paul@isle.example\r\n", {"paul@isle.example"}),
              "Subject: ***, call **** *******\nX-Who: ***@isle.example\n");
    EXPECT_EQ(header("Subject: =?utf-8?Q?paul=40isle.example and so on\r\n"), "Subject: *** and so on\n");
    EXPECT_EQ(header("Reply-To: Bank <b@evil.example>\r\n"), "Reply-To: Bank <***@evil.example>\n");
    EXPECT_EQ(header("Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nX-Originating-IP: [192.168.100.200]\r\n"),
              "Date: Sat, 21 Nov 2026 10:00:00 +0000\nX-Originating-IP: [192.168.100.200]\n");
    EXPECT_EQ(header("no field\r\nX: a\x01z\xFF\r\n").substr(0, 6), "X: a?z");
}

TEST(Mask, received_says_not_for_whom) {
    EXPECT_EQ(header("Received: from pc (192.0.2.7) by mx.example\r\n\tfor <paul@isle.example>; Sat, 21 Nov 2026 10:00:00 +0000\r\n"),
              "Received: from pc (192.0.2.7) by mx.example for <***@isle.example>; Sat, 21 Nov 2026 10:00:00 +0000\n");
    EXPECT_EQ(header("Received: by mx.example for paul; Sat\r\n"), "Received: by mx.example for ***; Sat\n");
    EXPECT_EQ(header("Received: by for.example with ESMTP\r\n"), "Received: by for.example with ESMTP\n");
}

TEST(Mask, a_reply_names_hosts_and_nobody) {
    const auto reply = [](std::string_view text, const std::string& recipient = "anna.berg@isle.example") {
        return Mask({recipient}).reply(text, 200);
    };
    EXPECT_EQ(reply("550 5.1.1 <anna.berg@isle.example>: Recipient address rejected: User unknown"),
              "550 5.1.1 <***@isle.example>: Recipient address rejected: User unknown");
    EXPECT_EQ(reply("550 5.1.1 Anna.Berg... User unknown"), "550 5.1.1 ***.***... User unknown");
    EXPECT_EQ(reply("554 Client host [192.0.2.100] blocked; see https://lists.example/query/ip/192.0.2.100?to=anna.berg"),
              "554 Client host [192.0.2.100] blocked; see https://lists.example/query/ip/192.0.2.100?***");
    EXPECT_EQ(reply("550 no such user", "user@isle.example"), "550 no such user") << "a word of the language is nobody's name";
    EXPECT_EQ(reply("550 two\r\nlines"), "550 two??lines");
    const auto cut = reply("550 " + std::string(180, 'x') + " <somebody.else@isle.example>");
    EXPECT_LE(cut.size(), 200u);
    EXPECT_EQ(cut.find("some"), cut.npos) << cut;
}

TEST(Mask, a_header_is_bounded_in_whole_lines) {
    std::string section;
    for (int i = 0; i < 100; ++i) section += "X-Number: " + std::string(100, 'x') + "\r\n";
    const auto kept = Mask({}).header(section, 1000);
    EXPECT_LE(kept.size(), 1000u);
    EXPECT_TRUE(kept.ends_with("x\n(92 fields more)\n")) << kept;
    const auto line = Mask({}).header("X: " + std::string(5000, 'x') + " y\r\nY: z\r\n", enough);
    EXPECT_EQ(line, "X: \nY: z\n") << "one word that is longer than what is read";
}

TEST(Mask, made_to_be_slow_is_not) {
    for (const auto* piece : {"\xEF\xBC\xA0", "@", "%40", "a@", "@[", "://", "1 "}) {
        std::string text;
        while (text.size() < 1048576)
            text += piece;
        EXPECT_FALSE(Mask({}).text(text, text.size()).empty()) << piece;
    }
}

} // namespace
} // namespace lazaret::mime
