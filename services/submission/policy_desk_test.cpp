#include "submission/policy_desk.hpp"

#include "submission/node.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace lazaret::submission {
namespace {

using namespace std::chrono_literals;

/// A node with one subscriber of ten messages and twenty recipients an hour.
class PolicyDeskTest : public testing::Test {
  protected:
    PolicyDeskTest() {
        folder_ = std::filesystem::temp_directory_path() / ("policy-desk-" + std::to_string(::getpid()) + "-" +
                                                            testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
        config::Config config;
        config.node.name = "test";
        config.limits.default_plan = "small";
        config.server.help_url = "https://help.example/{reason}";
        auto settings = Settings::make(config);
        store::JournalSettings keep;
        keep.dir = folder_;
        keep.node = "test";
        keep.segment_size = 1 << 20;
        keep.max_size = 64 << 20;
        auto journal = store::Journal::open(keep);
        node_ = std::make_unique<Node>(settings.value(), std::move(journal.value()), std::string(32, 'k'));
        subscriber::Directory::Rows rows;
        subscriber::Plan plan;
        plan.name = "small";
        plan.messages.per_hour = 10;
        plan.recipients.per_hour = 20;
        rows.plans = {plan};
        subscriber::Subscriber customer;
        customer.id = "S-1";
        customer.plan = "small";
        rows.subscribers = {customer};
        subscriber::Account account;
        account.login = "anna";
        account.subscriber = "S-1";
        rows.accounts = {account};
        snapshot_.directory = std::make_shared<subscriber::Directory>(rows);
        node_->publish(std::make_shared<const subscriber::Snapshot>(snapshot_));
    }
    ~PolicyDeskTest() override {
        node_.reset();
        std::filesystem::remove_all(folder_);
    }

    /// 0 where nothing was said against it, else the reply's code.
    int ask(const std::string& state, const std::string& instance, const std::string& recipient = "", std::uint32_t count = 0) {
        smtp::PolicyRequest request;
        request.state = state;
        request.instance = instance;
        request.sender = "anna@isp.example";
        request.recipient = recipient;
        request.recipients = count;
        request.size = 1000;
        request.login = "Anna";
        request.client = client_;
        request.client_port = 4711;
        const auto refusal = node_->desk.decide(request, front_, now_);
        return refusal ? refusal->code() : 0;
    }
    int rcpt(const std::string& instance, const std::string& recipient) { return ask("RCPT", instance, recipient); }
    int end(const std::string& instance, std::uint32_t count) { return ask("END-OF-MESSAGE", instance, "", count); }
    limits::Usage usage() { return node_->limiter.usage("S-1", *snapshot_.directory->plan("small"), now_); }
    std::uint64_t messages_used() { return usage().windows[1].used; }
    std::uint64_t recipients_used() { return usage().windows[4].used; }
    std::uint64_t events() { return node_->journal->last_sequence(); }
    void confine() {
        subscriber::Quarantine entry;
        entry.subscriber = "S-1";
        entry.level = subscriber::Level::block;
        entry.start = now_ - 1h;
        auto confined = snapshot_;
        confined.quarantine = std::make_shared<subscriber::QuarantineList>(std::vector{entry});
        node_->publish(std::make_shared<const subscriber::Snapshot>(confined));
    }

    std::filesystem::path folder_;
    std::unique_ptr<Node> node_;
    subscriber::Snapshot snapshot_;
    IpAddress client_ = IpAddress::parse("198.51.100.7").value(), front_ = IpAddress::parse("127.0.0.1").value();
    Time now_ = Time(std::chrono::hours(500000));
};

TEST_F(PolicyDeskTest, ReservedAtRcptCountedAtTheEnd) {
    EXPECT_EQ(rcpt("1", "a@x.example"), 0);
    EXPECT_EQ(rcpt("1", "b@x.example"), 0);
    EXPECT_EQ(usage().pending_recipients, 2u);
    EXPECT_EQ(messages_used(), 0u);
    EXPECT_EQ(events(), 0u);
    EXPECT_EQ(end("1", 2), 0);
    EXPECT_EQ(usage().pending_recipients, 0u);
    EXPECT_EQ(messages_used(), 1u);
    EXPECT_EQ(recipients_used(), 2u);
    EXPECT_EQ(events(), 1u);
}

TEST_F(PolicyDeskTest, TheEndSaysHowManyThereReallyWere) {
    rcpt("1", "a@x.example");
    rcpt("1", "b@x.example");
    EXPECT_EQ(end("1", 1), 0) << "the front refused one";
    EXPECT_EQ(recipients_used(), 1u);
    rcpt("2", "a@x.example");
    EXPECT_EQ(end("2", 4), 0) << "the front did not ask about three";
    EXPECT_EQ(recipients_used(), 5u);
    EXPECT_EQ(end("3", 2), 0) << "nor about any";
    EXPECT_EQ(recipients_used(), 7u);
    EXPECT_EQ(messages_used(), 3u);
    EXPECT_EQ(end("4", 14), 450);
    EXPECT_EQ(usage().pending_recipients, 0u) << "a refused message holds nothing";
    EXPECT_EQ(recipients_used(), 7u);
}

TEST_F(PolicyDeskTest, AskedTwiceCountedOnce) {
    EXPECT_EQ(rcpt("1", "a@x.example"), 0);
    EXPECT_EQ(rcpt("1", "a@x.example"), 0);
    EXPECT_EQ(usage().pending_recipients, 1u);
    EXPECT_EQ(end("1", 1), 0);
    EXPECT_EQ(end("1", 1), 0);
    EXPECT_EQ(messages_used(), 1u);
    EXPECT_EQ(recipients_used(), 1u);
    EXPECT_EQ(events(), 1u);
}

TEST_F(PolicyDeskTest, NeverMoreThanTheLimitWithoutAnyEnd) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(rcpt(std::to_string(i), "a@x.example"), 0);
    EXPECT_EQ(rcpt("10", "a@x.example"), 450);
    now_ += 61s;
    node_->desk.sweep(now_);
    EXPECT_EQ(messages_used(), 10u) << "silence counts as sent";
    EXPECT_EQ(usage().pending_messages, 0u);
    EXPECT_EQ(rcpt("11", "a@x.example"), 450);
    EXPECT_EQ(events(), 12u) << "ten that went, two that did not";
    now_ += 1h;
    node_->desk.sweep(now_);
    EXPECT_EQ(rcpt("12", "a@x.example"), 0);
}

TEST_F(PolicyDeskTest, TheNextMessageOfAConnectionEndsTheOneBefore) {
    rcpt("1", "a@x.example");
    node_->desk.over(front_, "1", now_);
    EXPECT_EQ(messages_used(), 1u);
    EXPECT_EQ(events(), 1u);
    node_->desk.over(front_, "1", now_);
    EXPECT_EQ(events(), 1u);
    EXPECT_EQ(node_->desk.messages(), 0u);
}

TEST_F(PolicyDeskTest, ALateEndFindsWhatWasCounted) {
    rcpt("1", "a@x.example");
    now_ += 2min;
    node_->desk.sweep(now_);
    EXPECT_EQ(end("1", 1), 0);
    EXPECT_EQ(messages_used(), 1u);
    EXPECT_EQ(recipients_used(), 1u);
    EXPECT_EQ(events(), 1u);
    now_ += 1h;
    node_->desk.sweep(now_);
    EXPECT_EQ(node_->desk.messages(), 0u);
}

TEST_F(PolicyDeskTest, SilenceInTheMiddleHidesNothing) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(rcpt("1", std::to_string(i) + "@x.example"), 0) << i;
        now_ += 61s;
        node_->desk.sweep(now_);
    }
    EXPECT_EQ(rcpt("1", "more@x.example"), 450);
    EXPECT_EQ(events(), 11u);
}

TEST_F(PolicyDeskTest, TheConfinedAreRefused) {
    rcpt("1", "a@x.example");
    confine();
    EXPECT_EQ(rcpt("1", "b@x.example"), 550);
    EXPECT_EQ(rcpt("1", "c@x.example"), 550);
    EXPECT_EQ(end("1", 1), 550);
    EXPECT_EQ(usage().pending_messages, 0u);
    now_ += 2min;
    node_->desk.sweep(now_);
    EXPECT_EQ(messages_used(), 0u) << "nothing of it was sent";
    EXPECT_EQ(events(), 1u) << "one event for all refusals of a message";
}

TEST_F(PolicyDeskTest, TheFilterTakesOver) {
    rcpt("1", "a@x.example");
    EXPECT_EQ(node_->desk.claim(client_, 4712, now_), "") << "another connection";
    EXPECT_EQ(node_->desk.claim(client_, 4711, now_), "anna");
    EXPECT_EQ(usage().pending_messages, 0u);
    EXPECT_EQ(rcpt("1", "b@x.example"), 0);
    EXPECT_EQ(end("1", 2), 0);
    node_->desk.over(front_, "1", now_);
    EXPECT_EQ(messages_used(), 0u);
    EXPECT_EQ(events(), 0u);
    now_ += 6min;
    EXPECT_EQ(node_->desk.claim(client_, 4711, now_), "");
}

TEST_F(PolicyDeskTest, MemoryIsBounded) {
    for (int i = 0; i < 60000; ++i) ask("MAIL", std::to_string(i));
    EXPECT_LE(node_->desk.messages(), 50000u);
}

TEST_F(PolicyDeskTest, NothingIsForgottenAtTheEnd) {
    rcpt("1", "a@x.example");
    node_->desk.finish(now_);
    EXPECT_EQ(events(), 1u);
}

} // namespace
} // namespace lazaret::submission
