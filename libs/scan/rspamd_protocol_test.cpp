#include "scan/rspamd_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lazaret::scan::rspamd {
namespace {

using State = Outcome::State;
using Daemon = Outcome::Daemon;
using testing::HasSubstr;
using testing::Not;

Envelope envelope() {
    Envelope known;
    known.client = IpAddress::parse("192.0.2.7").value();
    known.helo = "pc.home.example";
    known.reverse_name = "dsl-7.isp.example";
    known.sender = "ann@isle.example";
    known.recipients = {"bob@far.example", "cy@far.example"};
    known.account = "ann@isle.example";
    known.trace_id = "01JD0000000000000000000000";
    known.tls_version = "TLSv1.3";
    known.tls_cipher = "TLS_AES_256_GCM_SHA384";
    return known;
}

TEST(RspamdProtocol, Request) {
    EXPECT_EQ(request(envelope(), 99, "outbound"), "POST /checkv2 HTTP/1.1\r\n"
                                                   "Host: rspamd\r\n"
                                                   "Connection: close\r\n"
                                                   "Content-Length: 99\r\n"
                                                   "Content-Type: message/rfc822\r\n"
                                                   "IP: 192.0.2.7\r\n"
                                                   "Helo: pc.home.example\r\n"
                                                   "Hostname: dsl-7.isp.example\r\n"
                                                   "From: <ann@isle.example>\r\n"
                                                   "Rcpt: <bob@far.example>\r\n"
                                                   "Rcpt: <cy@far.example>\r\n"
                                                   "User: ann@isle.example\r\n"
                                                   "Settings-ID: outbound\r\n"
                                                   "Queue-Id: 01JD0000000000000000000000\r\n"
                                                   "TLS-Version: TLSv1.3\r\n"
                                                   "TLS-Cipher: TLS_AES_256_GCM_SHA384\r\n"
                                                   "\r\n");
}

TEST(RspamdProtocol, WhatIsUnknownIsNotSaid) {
    const auto head = request(Envelope(), 0, "");
    for (const auto* field : {"IP:", "Helo:", "Hostname:", "Rcpt:", "User:", "Settings-ID:", "Queue-Id:", "TLS-"})
        EXPECT_THAT(head, Not(HasSubstr(field)));
    EXPECT_THAT(head, HasSubstr("From: <>\r\n"));
}

TEST(RspamdProtocol, AClientsWordsMakeNoFields) {
    Envelope hostile = envelope();
    hostile.helo = std::string("a\r\nSettings-ID: none\r\n\r\n\0b", 26);
    hostile.sender = "x\nPass: all";
    hostile.recipients = {"y\rz"};
    const auto head = request(hostile, 1, "");
    EXPECT_EQ(std::count(head.begin(), head.end(), '\n'), 15);
    EXPECT_EQ(head.find('\0'), head.npos);
    EXPECT_EQ(head.find("\nSettings-ID"), head.npos);
    EXPECT_THAT(head, HasSubstr("From: <x?Pass: all>\r\n"));
}

TEST(RspamdProtocol, RequestsAreBounded) {
    Envelope large;
    large.helo = std::string(100'000, 'h');
    large.recipients.assign(50'000, "someone@far.example");
    const auto head = request(large, 1, "");
    EXPECT_LT(head.size(), max_recipients * 40);
    EXPECT_EQ(std::count(head.begin(), head.end(), '<'), static_cast<long>(max_recipients + 1));
}

TEST(RspamdProtocol, Verdicts) {
    const auto spam = parse_reply(200, R"({"is_skipped":false,"score":17.5,"required_score":15.0,"action":"reject",
        "symbols":{"BAYES_SPAM":{"name":"BAYES_SPAM","score":5.1,"options":["100%"]},"MIME_GOOD":{"score":-0.1}}})");
    EXPECT_EQ(spam.state, State::found);
    EXPECT_EQ(spam.wish, Wish::reject);
    EXPECT_DOUBLE_EQ(spam.score, 17.5);
    ASSERT_EQ(spam.findings.size(), 2u);
    EXPECT_EQ(spam.findings[0], verdict::Finding("rspamd.BAYES_SPAM", verdict::Mode::warn, 5.1));
    EXPECT_EQ(spam.findings[1].name, "rspamd.MIME_GOOD");
    const auto clean = parse_reply(200, R"({"action":"no action","score":0.4,"is_skipped":false,"symbols":{}})");
    EXPECT_EQ(clean.state, State::clean);
    EXPECT_DOUBLE_EQ(clean.score, 0.4);
}

TEST(RspamdProtocol, ActionsHaveBlanks) {
    const auto wish = [](const std::string& action) { return parse_reply(200, "{\"action\":\"" + action + "\"}").wish; };
    EXPECT_EQ(wish("greylist"), Wish::greylist);
    EXPECT_EQ(wish("add header"), Wish::add_header);
    EXPECT_EQ(wish("rewrite subject"), Wish::rewrite_subject);
    EXPECT_EQ(wish("soft reject"), Wish::defer);
    EXPECT_EQ(wish("discard"), Wish::reject);
    const auto unknown = parse_reply(200, R"({"action":"add_header"})");
    EXPECT_EQ(unknown.state, State::failed);
    EXPECT_THAT(unknown.failure, HasSubstr("add_header"));
}

TEST(RspamdProtocol, SkippedIsAVerdictOnlyWithARefusal) {
    EXPECT_EQ(parse_reply(200, R"({"action":"reject","is_skipped":true,"symbols":{"GTUBE":{"score":0}}})").state, State::found);
    EXPECT_EQ(parse_reply(200, R"({"action":"no action","is_skipped":true})").state, State::failed);
}

TEST(RspamdProtocol, WhatIsNoVerdict) {
    const auto refused = parse_reply(403, R"({"error":"invalid command"})");
    EXPECT_EQ(refused.state, State::failed);
    EXPECT_EQ(refused.daemon, Daemon::answered);
    EXPECT_THAT(refused.failure, HasSubstr("403: invalid command"));
    EXPECT_THAT(parse_reply(200, R"({"error":"too busy"})").failure, HasSubstr("too busy"));
    for (const auto* body : {"", "no", "[]", "17", "{\"action\":", "{}", R"({"action":3})"})
        EXPECT_EQ(parse_reply(200, body).state, State::failed) << body;
    EXPECT_EQ(parse_reply(200, "no").daemon, Daemon::ailing);
}

TEST(RspamdProtocol, ForeignOctetsDoNotHideAVerdict) {
    const auto outcome = parse_reply(200, "{\"action\":\"reject\",\"message-id\":\"\xff\xfe\",\"symbols\":{\"A:B C\":{\"score\":1e999}}}");
    // 1e999 is no number to the reader of JSON: the whole is none.
    EXPECT_EQ(outcome.state, State::failed);
    const auto other = parse_reply(200, "{\"action\":\"reject\",\"message-id\":\"\xff\xfe\",\"symbols\":{\"A:B C\":{\"score\":1e99}}}");
    EXPECT_EQ(other.wish, Wish::reject);
    EXPECT_EQ(other.findings.at(0), verdict::Finding("rspamd.A_B_C", verdict::Mode::warn, max_score));
}

TEST(RspamdProtocol, OfManySymbolsTheHeaviestStay) {
    std::string body = R"({"action":"reject","symbols":{)";
    for (int i = 0; i < 500; ++i)
        body += "\"S" + std::to_string(i) + "\":{\"score\":" + std::to_string(i % 2 ? i : -i) + "},";
    body.back() = '}';
    const auto outcome = parse_reply(200, body + "}");
    ASSERT_EQ(outcome.findings.size(), max_findings);
    for (const auto& finding : outcome.findings)
        EXPECT_GE(std::abs(finding.score), 400) << finding.name;
}

const std::string response = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(RspamdResponse, AnyPieces) {
    for (std::size_t piece = 1; piece <= response.size(); ++piece) {
        Response whole;
        for (std::size_t at = 0; at < response.size(); at += piece)
            whole.feed(response.substr(at, piece));
        ASSERT_EQ(whole.state(), Response::State::whole) << piece;
        EXPECT_EQ(whole.status(), 200u);
        EXPECT_EQ(whole.body(), "hello");
    }
}

TEST(RspamdResponse, CutShort) {
    for (std::size_t size = 0; size < response.size(); ++size) {
        Response half;
        half.feed(response.substr(0, size));
        EXPECT_EQ(half.state(), Response::State::reading) << size;
        half.end();
        EXPECT_EQ(half.state(), Response::State::broken) << size;
        EXPECT_FALSE(half.reason().empty());
    }
}

TEST(RspamdResponse, WithoutALengthTheEndIsTheEnd) {
    Response whole;
    whole.feed("HTTP/1.0 200 OK\r\n\r\nhel");
    whole.feed("lo");
    whole.end();
    EXPECT_EQ(whole.state(), Response::State::whole);
    EXPECT_EQ(whole.body(), "hello");
}

TEST(RspamdResponse, IsBounded) {
    Response header;
    for (int i = 0; i < 10 && header.state() == Response::State::reading; ++i)
        header.feed(std::string(8192, 'x'));
    EXPECT_EQ(header.state(), Response::State::broken);
    Response body;
    body.feed("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
    EXPECT_EQ(body.state(), Response::State::broken);
    Response endless;
    endless.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 10'000 && endless.state() == Response::State::reading; ++i)
        endless.feed("1000\r\n" + std::string(4096, 'x') + "\r\n");
    EXPECT_EQ(endless.state(), Response::State::broken);
}

} // namespace
} // namespace lazaret::scan::rspamd
