#include "smtp/envelope_parser.hpp"
#include "smtp/path.hpp"

#include <gtest/gtest.h>

namespace lazaret::smtp {
namespace {

// "local|domain", "!" where it is refused; the rest of the text must be what stands behind '>'.
std::string path(std::string_view text) {
    const auto parsed = parse_path(text);
    if (!parsed) return "!";
    EXPECT_EQ(text, "");
    return std::string(parsed->local()) + '|' + std::string(parsed->domain());
}

TEST(Path, Good) {
    EXPECT_EQ(path("<a@example.org>"), "a|example.org");
    EXPECT_EQ(path("<>"), "|");
    EXPECT_EQ(path("<a.b+c/d=e@x-y.example.org>"), "a.b+c/d=e|x-y.example.org");
    EXPECT_EQ(path("<\"a b\"@example.org>"), "\"a b\"|example.org");
    EXPECT_EQ(path("<\"a\\\"@x>\"@example.org>"), "\"a\\\"@x>\"|example.org");
    EXPECT_EQ(path("<a@[192.0.2.1]>"), "a|[192.0.2.1]");
    EXPECT_EQ(path("<a@[IPv6:2001:db8::1]>"), "a|[IPv6:2001:db8::1]");
    EXPECT_EQ(path("<@one.example,@two.example:a@example.org>"), "a|example.org");
    EXPECT_EQ(path("<Postmaster>"), "Postmaster|");
    EXPECT_EQ(path("<a@localhost>"), "a|localhost");
    EXPECT_EQ(path("<a@under_score.example.org>"), "a|under_score.example.org");
    EXPECT_EQ(path("<us\u00e9r@ex\u00e4mple.org>"), "us\u00e9r|ex\u00e4mple.org");
}

TEST(Path, Bad) {
    for (const char* text : {"",
                             "<",
                             ">",
                             "a@example.org",
                             "<a@example.org",
                             "<@>",
                             "<a@>",
                             "<@example.org>",
                             "<a>",
                             "<a b@example.org>",
                             "<<a@example.org>>",
                             "<a@b@example.org>",
                             "<.a@example.org>",
                             "<a.@example.org>",
                             "<a..b@example.org>",
                             "<a@.example.org>",
                             "<a@example..org>",
                             "<a@example.org.>",
                             "<a@-x.org>",
                             "<a@x-.org>",
                             "<a@exa mple.org>",
                             "<a@[192.0.2.256]>",
                             "<a@[2001:db8::1]>",
                             "<a@[IPv6:192.0.2.1]>",
                             "<a@[]>",
                             "<a@[192.0.2.1>",
                             "<\"a@example.org>",
                             "<\"a\"b@example.org>",
                             "<\"\x01\"@example.org>",
                             "<a@exa\x01mple.org>",
                             "<@one.example:>",
                             "<@one.example>",
                             "<one.example:a@example.org>",
                             "<@:a@example.org>",
                             "<a\x7f@example.org>",
                             "<a@\xff.org>",
                             "<\xc3@example.org>"})
        EXPECT_EQ(path(text), "!") << text;
    EXPECT_EQ(path(std::string_view("<a\0b@example.org>", 17)), "!");
}

TEST(Path, Lengths) {
    const std::string label(63, 'd');
    EXPECT_NE(path("<" + std::string(64, 'a') + "@example.org>"), "!");
    EXPECT_EQ(path("<" + std::string(65, 'a') + "@example.org>"), "!");
    EXPECT_NE(path("<a@" + label + ".org>"), "!");
    EXPECT_EQ(path("<a@" + label + "d.org>"), "!");
    const std::string longest = label + '.' + label + '.' + label + '.' + std::string(60, 'd'); // 252 octets
    EXPECT_NE(path("<a@" + longest + ">"), "!") << "256 octets with the brackets";
    EXPECT_EQ(path("<ab@" + longest + ">"), "!");
    EXPECT_NE(path("<@hop.example:a@" + longest + ">"), "!") << "the source route does not count";
}

TEST(Path, Fqdn) {
    EXPECT_TRUE(is_fqdn("example.org"));
    EXPECT_TRUE(is_fqdn("[192.0.2.1]"));
    EXPECT_TRUE(is_fqdn("[IPv6:::1]"));
    EXPECT_FALSE(is_fqdn("localhost"));
}

Permitted all() {
    Permitted permitted;
    permitted.eight_bit_mime = permitted.smtputf8 = permitted.dsn = permitted.auth = true;
    permitted.max_size = 1000;
    return permitted;
}

std::string mail_error(std::string_view argument, const Permitted& permitted = all()) {
    const auto parsed = parse_mail(argument, permitted);
    if (parsed) return "ok";
    return std::to_string(parsed.error().code()) + ' ' + parsed.error().enhanced().to_string();
}

std::string rcpt_error(std::string_view argument, bool smtputf8 = false, const Permitted& permitted = all()) {
    const auto parsed = parse_rcpt(argument, permitted, smtputf8);
    if (parsed) return "ok";
    return std::to_string(parsed.error().code()) + ' ' + parsed.error().enhanced().to_string();
}

TEST(Mail, TakesEveryParameter) {
    const auto parsed = parse_mail(
        "from: <a@example.org>  size=1000 Body=8bitMIME smtputf8 ret=hdrs ENVID=QQ+2B1 AUTH=e+3Dmc2@x.org",
        all());
    ASSERT_TRUE(parsed);
    MailFrom wanted;
    wanted.path.address = "a@example.org";
    wanted.path.at = 1;
    wanted.size = 1000;
    wanted.body = Body::eight_bit_mime;
    wanted.smtputf8 = true;
    wanted.ret = Ret::headers;
    wanted.envid = "QQ+2B1";
    EXPECT_EQ(*parsed, wanted);
    EXPECT_TRUE(parse_mail("FROM:<>", all())->path.null());
    EXPECT_EQ(parse_mail("FROM:<> RET=FULL BODY=7BIT", all())->ret, Ret::full);
    EXPECT_EQ(parse_mail("FROM:<> BODY=7BIT", all())->body, Body::seven_bit);
    EXPECT_EQ(parse_mail("FROM:<> SIZE=0 AUTH=<>", all())->size, 0u);
}

TEST(Mail, Refusals) {
    EXPECT_EQ(mail_error(""), "501 5.5.4");
    EXPECT_EQ(mail_error("FROM:"), "501 5.5.4");
    EXPECT_EQ(mail_error("TO:<a@example.org>"), "501 5.5.4");
    EXPECT_EQ(mail_error("FROM:<"), "501 5.1.7");
    EXPECT_EQ(mail_error("FROM:a@example.org"), "501 5.1.7");
    EXPECT_EQ(mail_error("FROM:<Postmaster>"), "501 5.1.7") << "a sender needs a domain";
    EXPECT_EQ(mail_error("FROM:<a@example.org>junk"), "501 5.5.4");
    EXPECT_EQ(mail_error("FROM:<a@example.org>SIZE=1"), "501 5.5.4");
    EXPECT_EQ(mail_error("FROM:<a@example.org> NOSUCH=1"), "555 5.5.4");
    EXPECT_EQ(mail_error("FROM:<a@example.org> NOTIFY=NEVER"), "555 5.5.4");
    EXPECT_EQ(mail_error("FROM:<a@example.org> =1"), "501 5.5.4");
    EXPECT_EQ(mail_error("FROM:<a@example.org> SIZE=1 size=1"), "501 5.5.4");
    for (const char* bad : {"SIZE",
                            "SIZE=",
                            "SIZE=abc",
                            "SIZE=-1",
                            "SIZE=1=2",
                            "SIZE=99999999999999999999999999",
                            "BODY=BINARYMIME",
                            "BODY",
                            "BODY=",
                            "SMTPUTF8=1",
                            "SMTPUTF8=",
                            "RET=ALL",
                            "RET",
                            "ENVID=",
                            "ENVID",
                            "ENVID=a+ZZ",
                            "ENVID=a+0D+0ARSET",
                            "AUTH=+ZZ",
                            "AUTH=",
                            "AUTH"})
        EXPECT_EQ(mail_error("FROM:<a@example.org> " + std::string(bad)), "501 5.5.4") << bad;
    EXPECT_EQ(mail_error("FROM:<a@example.org> ENVID=" + std::string(100, 'x')), "ok");
    EXPECT_EQ(mail_error("FROM:<a@example.org> ENVID=" + std::string(101, 'x')), "501 5.5.4");
    EXPECT_EQ(mail_error("FROM:<a@example.org> SIZE=1000"), "ok");
    EXPECT_EQ(mail_error("FROM:<a@example.org> SIZE=1001"), "552 5.3.4");
    EXPECT_EQ(mail_error("FROM:<a@example.org> SIZE=99999999999999999999"), "552 5.3.4")
        << "20 digits, over 64 bits";
}

TEST(Mail, WhatWasNotOfferedIsUnknown) {
    for (const char* parameter : {"BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=x", "AUTH=<>"}) {
        EXPECT_EQ(mail_error("FROM:<a@example.org> " + std::string(parameter), Permitted()), "555 5.5.4")
            << parameter;
        EXPECT_EQ(mail_error("FROM:<a@example.org> " + std::string(parameter)), "ok") << parameter;
    }
    EXPECT_EQ(mail_error("FROM:<a@example.org> SIZE=99999999", Permitted()), "ok");
    for (const char* parameter : {"NOTIFY=NEVER", "ORCPT=rfc822;a@b.org"})
        EXPECT_EQ(rcpt_error("TO:<a@example.org> " + std::string(parameter), false, Permitted()), "555 5.5.4")
            << parameter;
}

TEST(Mail, Utf8NeedsItsParameter) {
    EXPECT_EQ(mail_error("FROM:<us\u00e9r@example.org>"), "553 5.6.7");
    EXPECT_EQ(mail_error("FROM:<us\u00e9r@example.org> SMTPUTF8"), "ok");
    EXPECT_EQ(rcpt_error("TO:<us\u00e9r@example.org>"), "553 5.6.7");
    EXPECT_EQ(rcpt_error("TO:<us\u00e9r@example.org>", true), "ok");
    EXPECT_EQ(rcpt_error("TO:<us\xff@example.org>", true), "501 5.1.3");
}

TEST(Mail, FqdnDuty) {
    Permitted permitted = all();
    EXPECT_EQ(mail_error("FROM:<a@localhost>", permitted), "ok");
    permitted.fqdn = true;
    EXPECT_EQ(mail_error("FROM:<a@localhost>", permitted), "554 5.1.8");
    EXPECT_EQ(mail_error("FROM:<>", permitted), "ok");
    EXPECT_EQ(mail_error("FROM:<a@[192.0.2.1]>", permitted), "ok");
    EXPECT_EQ(rcpt_error("TO:<a@localhost>", false, permitted), "554 5.1.2");
    EXPECT_EQ(rcpt_error("TO:<Postmaster>", false, permitted), "ok");
}

TEST(Rcpt, TakesEveryParameter) {
    const auto parsed =
        parse_rcpt("To:<b@example.org> NOTIFY=SUCCESS,failure ORCPT=rfc822;a+2Bb@example.org", all(), false);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->path.address, "b@example.org");
    EXPECT_EQ(parsed->notify, "SUCCESS,failure");
    EXPECT_EQ(parsed->orcpt, "rfc822;a+2Bb@example.org");
}

TEST(Rcpt, Refusals) {
    EXPECT_EQ(rcpt_error(""), "501 5.5.4");
    EXPECT_EQ(rcpt_error("TO:"), "501 5.5.4");
    EXPECT_EQ(rcpt_error("TO:<>"), "501 5.1.3");
    EXPECT_EQ(rcpt_error("TO:<a@>"), "501 5.1.3");
    EXPECT_EQ(rcpt_error("TO:<a@example.org> NOSUCH=1"), "555 5.5.4");
    for (const char* bad : {"NOTIFY", "NOTIFY=", "NOTIFY=ALWAYS", "NOTIFY=NEVER,SUCCESS", "NOTIFY=SUCCESS,",
                            "NOTIFY=DELAY,DELAY", "NOTIFY=FAILURE NOTIFY=SUCCESS", "ORCPT=nosemicolon",
                            "ORCPT=;a", "ORCPT=rfc822;", "ORCPT=rfc822;+ZZ", "ORCPT=rfc822;a+0Ab", "ORCPT"})
        EXPECT_EQ(rcpt_error("TO:<a@example.org> " + std::string(bad)), "501 5.5.4") << bad;
    EXPECT_EQ(rcpt_error("TO:<a@example.org> ORCPT=rfc822;" + std::string(493, 'x')), "ok");
    EXPECT_EQ(rcpt_error("TO:<a@example.org> ORCPT=rfc822;" + std::string(494, 'x')), "501 5.5.4");
    EXPECT_EQ(rcpt_error("TO:<a@example.org> NOTIFY=NEVER"), "ok");
    EXPECT_EQ(rcpt_error("TO:<a@example.org> ORCPT=utf-8;us\u00e9r@x.org", true), "ok");
    EXPECT_EQ(rcpt_error("TO:<a@example.org> ORCPT=utf-8;us\u00e9r@x.org"), "553 5.6.7");
}

} // namespace
} // namespace lazaret::smtp
