#include "smtp/replies.hpp"
#include "smtp/server.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <map>

namespace lazaret::smtp {
namespace {

ServerSettings submission() {
    ServerSettings settings;
    settings.hostname = "mx.example.org";
    settings.require_tls = settings.offer_starttls = settings.require_auth = settings.offer_auth =
        settings.require_fqdn = true;
    settings.mechanisms = {"PLAIN", "LOGIN"};
    settings.max_message_size = 5'000'000;
    return settings;
}

ServerSettings relay() {
    ServerSettings settings;
    settings.hostname = "mx.example.org";
    settings.max_message_size = 5'000'000;
    return settings;
}

Extensions full_hop() {
    Extensions hop;
    hop.pipelining = hop.eight_bit_mime = hop.smtputf8 = hop.dsn = hop.enhanced_status_codes = hop.size =
        hop.chunking = true;
    hop.max_size = 1'000'000;
    return hop;
}

std::string codes(const Reply& reply) {
    return std::to_string(reply.code()) +
           (reply.enhanced().empty() ? "" : " " + reply.enhanced().to_string());
}

// Brings a machine without TLS and AUTH into each phase.
const std::vector<std::string> phases = {"connected", "greeted", "mail", "rcpt"};
Server in_phase(const ServerSettings& settings, const std::string& phase) {
    Server server(settings);
    if (phase == "connected") return server;
    EXPECT_EQ(server.feed("EHLO client.example", full_hop()).reply.code(), 250);
    if (phase == "greeted") return server;
    EXPECT_EQ(server.feed("MAIL FROM:<a@example.org>", full_hop()).step, Step::mail);
    server.mail_accepted();
    if (phase == "mail") return server;
    EXPECT_EQ(server.feed("RCPT TO:<b@example.org>", full_hop()).step, Step::rcpt);
    server.rcpt_accepted();
    return server;
}

// Written again, apart from the table under test: RFC 5321 4.1.4.
TEST(Server, EveryVerbInEveryPhase) {
    const std::map<std::string, std::vector<std::string>> wanted = {
        // command                     connected    greeted      mail         rcpt
        {"EHLO client.example", {"250", "250", "250", "250"}},
        {"HELO client.example", {"250", "250", "250", "250"}},
        {"MAIL FROM:<a@example.org>", {"503 5.5.1", "250 2.1.0", "503 5.5.1", "503 5.5.1"}},
        {"RCPT TO:<b@example.org>", {"503 5.5.1", "503 5.5.1", "250 2.1.5", "250 2.1.5"}},
        {"DATA", {"503 5.5.1", "503 5.5.1", "554 5.5.1", "354"}},
        {"RSET", {"250 2.0.0", "250 2.0.0", "250 2.0.0", "250 2.0.0"}},
        {"NOOP", {"250 2.0.0", "250 2.0.0", "250 2.0.0", "250 2.0.0"}},
        {"VRFY root", {"252 2.0.0", "252 2.0.0", "252 2.0.0", "252 2.0.0"}},
        {"HELP", {"214 2.0.0", "214 2.0.0", "214 2.0.0", "214 2.0.0"}},
        {"EXPN staff", {"502 5.5.1", "502 5.5.1", "502 5.5.1", "502 5.5.1"}},
        {"BDAT 0 LAST", {"502 5.5.1", "502 5.5.1", "502 5.5.1", "502 5.5.1"}},
        {"XFORWARD ADDR=10.9.9.9", {"502 5.5.1", "502 5.5.1", "502 5.5.1", "502 5.5.1"}},
        {"STARTTLS", {"503 5.5.1", "502 5.5.1", "503 5.5.1", "503 5.5.1"}},
        {"AUTH PLAIN", {"503 5.5.1", "502 5.5.1", "503 5.5.1", "503 5.5.1"}},
        {"QUIT", {"221 2.0.0", "221 2.0.0", "221 2.0.0", "221 2.0.0"}},
        {"FROBNICATE", {"500 5.5.1", "500 5.5.1", "500 5.5.1", "500 5.5.1"}},
        {"", {"500 5.5.1", "500 5.5.1", "500 5.5.1", "500 5.5.1"}},
    };
    const ServerSettings settings = relay();
    for (const auto& [command, replies] : wanted) {
        for (std::size_t i = 0; i < phases.size(); ++i) {
            Server server = in_phase(settings, phases[i]);
            EXPECT_EQ(codes(server.feed(command, full_hop()).reply), replies[i])
                << command << " when " << phases[i];
        }
    }
}

TEST(Server, BeforeTlsOnlyWhatLeadsToTls) {
    const ServerSettings settings = submission();
    for (const char* command :
         {"HELO x.example", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA", "RSET", "VRFY a",
          "HELP", "AUTH PLAIN", "FROB", "BDAT 0"}) { // RFC 3207 4
        Server server = in_phase(settings, "greeted");
        EXPECT_EQ(codes(server.feed(command, full_hop()).reply), "530 5.7.0") << command;
    }
    Server server = in_phase(settings, "greeted");
    EXPECT_EQ(server.feed("NOOP", full_hop()).reply.code(), 250);
    EXPECT_EQ(server.feed("STARTTLS", full_hop()).step, Step::start_tls);
}

TEST(Server, StarttlsForgetsEverything) {
    ServerSettings settings = relay();
    settings.offer_starttls = true;
    Server server = in_phase(settings, "rcpt");
    server.tls_started();
    EXPECT_TRUE(server.tls());
    EXPECT_FALSE(server.extended());
    EXPECT_EQ(server.helo(), "");
    EXPECT_EQ(server.recipients(), 0u);
    EXPECT_EQ(server.feed("MAIL FROM:<a@example.org>", full_hop()).reply.code(), 503);
    EXPECT_EQ(server.feed("EHLO again.example", full_hop()).reply.text().find("STARTTLS"), std::string::npos);
    EXPECT_EQ(codes(server.feed("STARTTLS", full_hop()).reply), "503 5.5.1");
}

TEST(Server, StarttlsTakesNoArgument) {
    ServerSettings settings = submission();
    Server server = in_phase(settings, "greeted");
    EXPECT_EQ(codes(server.feed("STARTTLS now", full_hop()).reply), "501 5.5.4");
}

Server encrypted(const ServerSettings& settings) {
    Server server(settings);
    server.tls_started();
    EXPECT_EQ(server.feed("EHLO client.example", full_hop()).reply.code(), 250);
    return server;
}

std::vector<std::string> ehlo(Server& server, const Extensions& hop) {
    const Action action = server.feed("EHLO client.example", hop);
    std::vector<std::string> lines;
    for (const auto line : split(action.reply.text(), '\n'))
        lines.emplace_back(line);
    return lines;
}

TEST(Server, EhloAnnouncesTheIntersection) {
    using Lines = std::vector<std::string>;
    const ServerSettings settings = submission();
    Server clear(settings);
    EXPECT_EQ(ehlo(clear, full_hop()), (Lines{"mx.example.org", "PIPELINING", "SIZE 1000000", "STARTTLS",
                                              "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "DSN"}));
    Server tls = encrypted(settings);
    EXPECT_EQ(ehlo(tls, Extensions()), (Lines{"mx.example.org", "PIPELINING", "SIZE 5000000",
                                              "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES"}));
    const ServerSettings plain = relay();
    Server server(plain);
    Extensions hop;
    hop.size = hop.smtputf8 = true; // SMTPUTF8 without 8BITMIME is nothing, RFC 6531 3.1
    EXPECT_EQ(ehlo(server, hop),
              (Lines{"mx.example.org", "PIPELINING", "SIZE 5000000", "ENHANCEDSTATUSCODES"}));
}

TEST(Server, HeloIsAnsweredInOneLine) {
    const ServerSettings settings = relay();
    Server server(settings);
    const Action action = server.feed("HELO old.example", full_hop());
    EXPECT_EQ(action.reply, Reply(250, Enhanced(), "mx.example.org"));
    EXPECT_FALSE(server.extended());
    EXPECT_EQ(server.helo(), "old.example");
}

TEST(Server, GreetingNeedsAName) {
    const ServerSettings settings = relay();
    for (const char* bad :
         {"EHLO", "EHLO two words", "EHLO a\tb", "EHLO <script>", "HELO", "EHLO \xc3\xa9.example"}) {
        Server server(settings);
        EXPECT_EQ(codes(server.feed(bad, full_hop()).reply), "501 5.5.4") << bad;
        EXPECT_EQ(server.feed("MAIL FROM:<>", full_hop()).reply.code(), 503) << bad;
    }
    for (const char* good : {"EHLO [192.0.2.1]", "EHLO [IPv6:::1]", "EHLO my_pc", "ehlo localhost  "}) {
        Server server(settings);
        EXPECT_EQ(server.feed(good, full_hop()).reply.code(), 250) << good;
    }
    Server server(settings);
    EXPECT_EQ(server.feed("EHLO " + std::string(256, 'x'), full_hop()).reply.code(), 501);
}

TEST(Server, EhloInATransactionEndsIt) {
    const ServerSettings settings = relay();
    Server server = in_phase(settings, "rcpt");
    EXPECT_EQ(server.feed("EHLO x.example", full_hop()).step, Step::reset);
    EXPECT_EQ(server.recipients(), 0u);
    EXPECT_EQ(server.feed("DATA", full_hop()).reply.code(), 503);
    EXPECT_EQ(server.feed("EHLO x.example", full_hop()).step, Step::reply);
}

TEST(Server, ARefusedEhloEndsNothing) {
    const ServerSettings settings = relay();
    Server server = in_phase(settings, "rcpt");
    EXPECT_EQ(server.feed("EHLO", full_hop()).reply.code(), 501);
    EXPECT_EQ(server.feed("DATA", full_hop()).step, Step::data);
}

TEST(Server, MailNotAcceptedChangesNothing) {
    const ServerSettings settings = relay();
    Server server = in_phase(settings, "greeted");
    EXPECT_EQ(server.feed("MAIL FROM:<a@example.org>", full_hop()).step,
              Step::mail); // and the caller refuses it
    EXPECT_EQ(server.feed("RCPT TO:<b@example.org>", full_hop()).reply.code(), 503);
    EXPECT_EQ(server.feed("MAIL FROM:<c@example.org>", full_hop()).step, Step::mail);
}

TEST(Server, SmtpUtf8LastsOneTransaction) {
    const ServerSettings settings = relay();
    Server server = in_phase(settings, "greeted");
    EXPECT_EQ(server.feed("MAIL FROM:<a@example.org> SMTPUTF8", full_hop()).step, Step::mail);
    server.mail_accepted();
    EXPECT_EQ(server.feed("RCPT TO:<us\u00e9r@example.org>", full_hop()).step, Step::rcpt);
    EXPECT_EQ(server.feed("RSET", full_hop()).step, Step::reset);
    EXPECT_EQ(server.feed("MAIL FROM:<a@example.org>", full_hop()).step, Step::mail);
    server.mail_accepted();
    EXPECT_EQ(codes(server.feed("RCPT TO:<us\u00e9r@example.org>", full_hop()).reply), "553 5.6.7");
}

TEST(Server, ParametersAreJudgedByWhatEhloSaid) {
    const ServerSettings settings = relay();
    Server server = in_phase(settings, "greeted");
    EXPECT_EQ(server.feed("MAIL FROM:<a@example.org> BODY=8BITMIME RET=HDRS", Extensions()).step, Step::mail)
        << "the hop changed its mind after we had promised";
    Server other(settings);
    EXPECT_EQ(other.feed("EHLO x.example", Extensions()).reply.code(), 250);
    EXPECT_EQ(codes(other.feed("MAIL FROM:<a@example.org> RET=HDRS", full_hop()).reply), "555 5.5.4");
    EXPECT_EQ(codes(server.feed("MAIL FROM:<a@example.org> SIZE=1000001", full_hop()).reply), "552 5.3.4");
}

TEST(Server, RecipientsAreLimitedGently) {
    ServerSettings settings = relay();
    settings.max_recipients = 2;
    Server server = in_phase(settings, "rcpt");
    EXPECT_EQ(server.feed("RCPT TO:<c@example.org>", full_hop()).step, Step::rcpt);
    server.rcpt_accepted();
    const Action over = server.feed("RCPT TO:<d@example.org>", full_hop());
    EXPECT_EQ(codes(over.reply), "452 4.5.3");
    EXPECT_FALSE(over.counts_as_error);
    EXPECT_EQ(server.feed("DATA", full_hop()).step, Step::data);
    server.transaction_ended();
    EXPECT_EQ(server.feed("DATA", full_hop()).reply.code(), 503);
}

TEST(Server, AuthStep) {
    const ServerSettings settings = submission();
    Server server = encrypted(settings);
    Action action = server.feed("auth plain AHVzZXIAcGFzcw==", full_hop());
    EXPECT_EQ(action.step, Step::auth);
    EXPECT_EQ(action.mechanism, "PLAIN");
    EXPECT_EQ(action.initial_response, std::string("\0user\0pass", 10));
    action = server.feed("AUTH LOGIN", full_hop());
    EXPECT_EQ(action.step, Step::auth);
    EXPECT_FALSE(action.initial_response.has_value());
    action = server.feed("AUTH PLAIN =", full_hop());
    EXPECT_EQ(action.step, Step::auth);
    EXPECT_EQ(action.initial_response, "");
}

TEST(Server, AuthRefusals) {
    const ServerSettings settings = submission();
    Server server = encrypted(settings);
    EXPECT_EQ(codes(server.feed("AUTH", full_hop()).reply), "501 5.5.4");
    EXPECT_EQ(codes(server.feed("AUTH KERBEROS_V4", full_hop()).reply), "504 5.5.4");
    EXPECT_EQ(codes(server.feed("AUTH PLAIN !!!notbase64!!!", full_hop()).reply), "501 5.5.2");
    EXPECT_EQ(codes(server.feed("AUTH PLAIN AAAA AAAA", full_hop()).reply), "501 5.5.2");
    EXPECT_EQ(codes(server.feed("MAIL FROM:<a@example.org>", full_hop()).reply), "530 5.7.0");
    server.authenticated();
    EXPECT_EQ(codes(server.feed("AUTH PLAIN", full_hop()).reply), "503 5.5.1");
    EXPECT_EQ(server.feed("MAIL FROM:<a@example.org>", full_hop()).step, Step::mail);
    server.mail_accepted();
    EXPECT_EQ(codes(server.feed("AUTH PLAIN", full_hop()).reply), "503 5.5.1");
}

TEST(Server, AuthWhereTlsIsOptional) {
    ServerSettings settings = submission();
    settings.require_tls = false;
    Server server = in_phase(settings, "connected");
    const Action greeting = server.feed("EHLO x.example", full_hop());
    EXPECT_EQ(greeting.reply.text().find("AUTH"), std::string::npos);
    EXPECT_EQ(codes(server.feed("AUTH PLAIN", full_hop()).reply), "538 5.7.11");
}

TEST(Server, LineOctetsAndSpaces) {
    const ServerSettings settings = relay();
    Server server = in_phase(settings, "greeted");
    EXPECT_EQ(server.feed("NOOP  ", full_hop()).reply.code(), 250);
    EXPECT_EQ(codes(server.feed("NOOP a\rb", full_hop()).reply), "500 5.5.2");
    EXPECT_EQ(codes(server.feed(std::string_view("NOOP\0", 5), full_hop()).reply), "500 5.5.2");
    EXPECT_EQ(codes(server.feed("MAIL FROM:<a@example.org>\nRCPT TO:<v@example.org>", full_hop()).reply),
              "500 5.5.2");
    EXPECT_EQ(server.feed("MAIL   FROM:<a@example.org>   ", full_hop()).step, Step::mail);
    EXPECT_EQ(server.feed("DATA x", full_hop()).reply.code(), 503);
    EXPECT_EQ(codes(server.feed("RSET x", full_hop()).reply), "501 5.5.4");
}

TEST(Server, ABrowserIsShownTheDoor) {
    const ServerSettings settings = submission();
    for (const char* line : {"POST / HTTP/1.1", "GET /<script> HTTP/1.1", "PRI * HTTP/2.0"}) {
        Server server(settings);
        const Action action = server.feed(line, full_hop());
        EXPECT_EQ(action.step, Step::quit) << line;
        EXPECT_EQ(codes(action.reply), "421 4.7.0") << line;
    }
}

TEST(Server, ErrorsAreCounted) {
    const ServerSettings settings = relay();
    Server server(settings);
    EXPECT_TRUE(server.feed("FROB", full_hop()).counts_as_error);
    EXPECT_TRUE(server.feed("DATA", full_hop()).counts_as_error);
    EXPECT_FALSE(server.feed("EHLO x.example", full_hop()).counts_as_error);
    EXPECT_FALSE(server.feed("NOOP", full_hop()).counts_as_error);
    EXPECT_TRUE(server.feed("MAIL FROM:<", full_hop()).counts_as_error);
}

} // namespace
} // namespace lazaret::smtp
