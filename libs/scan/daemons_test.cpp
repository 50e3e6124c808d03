#include "scan/daemons.hpp"

#include "scan/fake_daemon.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using namespace scan::test;
using config::Mode;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view message = "Subject: x\r\n\r\ntext\r\n";

class DaemonsTest : public testing::Test {
  protected:
    DaemonsTest() {
        clamd_.until = std::string(4, '\0');
        clamd_.reply = std::string("stream: OK\0", 11);
        rspamd_.until = "text\r\n";
        rspamd_.reply = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"action\":\"reject\",\"score\":20,\"symbols\":{}}";
        config_.clamav.address = clamd_.address();
        config_.rspamd.address = rspamd_.address();
    }
    net::task<> ask(Daemons& daemons) {
        const MemoryOctets octets(message);
        const Envelope envelope;
        const auto policy = policy_for(config_, "dynamic", "residential");
        looks_ = co_await daemons.ask(octets, envelope, config_, policy);
    }
    void ask() {
        Daemons daemons(config_, loop_.deadlines);
        loop_.run(ask(daemons));
    }
    std::vector<std::string> states() const {
        std::vector<std::string> out;
        for (const auto& look : looks_)
            out.push_back(std::string(look.scanner) + " " + std::string(to_string(look.outcome.state)));
        return out;
    }

    Loop loop_;
    FakeDaemon clamd_{loop_}, rspamd_{loop_};
    config::Config config_;
    std::vector<Look> looks_;
};

TEST_F(DaemonsTest, AllThatAreConfiguredSayWhatTheyThink) {
    ask();
    EXPECT_THAT(states(), ElementsAre("clamav clean", "rspamd found"));
    EXPECT_EQ(looks_[0].mode, Mode::enforce);
    EXPECT_EQ(looks_[0].away, config::Away::defer);
    EXPECT_EQ(looks_[1].outcome.score, 20);
    EXPECT_EQ(looks_[1].weight, 0.5);
}

TEST_F(DaemonsTest, NobodyIsAskedWhoseModeIsOff) {
    config_.rspamd.mode = Mode::off;
    ask();
    EXPECT_THAT(states(), ElementsAre("clamav clean"));
    EXPECT_EQ(rspamd_.connections, 0);
    EXPECT_TRUE(Daemons::wanted(config_, policy_for(config_, "", "")));
    config_.clamav.mode = Mode::off;
    EXPECT_FALSE(Daemons::wanted(config_, policy_for(config_, "", "")));
    EXPECT_FALSE(Daemons::wanted(config::Config(), policy_for(config::Config(), "", "")));
}

TEST_F(DaemonsTest, TheySitSideBySideUnderOneDeadline) {
    clamd_.then = rspamd_.then = FakeDaemon::Then::stall;
    clamd_.reply.clear();
    rspamd_.reply.clear();
    config_.content.scan_timeout = 300ms; // of each of them it would be many seconds
    ask();
    EXPECT_THAT(states(), ElementsAre("clamav failed", "rspamd failed"));
    EXPECT_EQ(clamd_.connections, 1);
    EXPECT_EQ(rspamd_.connections, 1);
}

TEST_F(DaemonsTest, AreMadeAnewForAnotherAddressOnly) {
    const Daemons daemons(config_, loop_.deadlines);
    auto other = config_;
    other.rspamd.mode = Mode::enforce;
    other.rspamd.weight = 2;
    other.clamav.timeout = 1s;
    EXPECT_FALSE(daemons.differ_from(other));
    other.rspamd.settings_id = "outbound";
    EXPECT_TRUE(daemons.differ_from(other));
    other = config_;
    other.clamav.address.reset();
    EXPECT_TRUE(daemons.differ_from(other));
    other = config_;
    other.clamav.max_calls = 1;
    EXPECT_TRUE(daemons.differ_from(other));
}

} // namespace
} // namespace lazaret::scan
