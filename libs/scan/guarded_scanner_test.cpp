#include "scan/guarded_scanner.hpp"

#include "metrics/registry.hpp"
#include "net/test_support.hpp"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>

namespace lazaret::scan {
namespace {

using namespace net::test;
using State = Outcome::State;
using Daemon = Outcome::Daemon;
using testing::HasSubstr;
using Timer = net::asio::basic_waitable_timer<Slots::Clock, net::asio::wait_traits<Slots::Clock>, net::Executor>;

/// Answers when it is let, as it is told.
class Scripted final : public Scanner {
  public:
    Scripted(net::asio::io_context& io, std::string scanner) : gate(io), name_(std::move(scanner)) { let(); }
    std::string_view name() const override { return name_; }
    net::task<Outcome> scan(const Octets&, const Envelope&, Duration) override {
        ++asked;
        co_await gate.async_wait(net::use_task);
        co_return outcome;
    }
    void hold() { gate.expires_at(Slots::Clock::time_point::max()); }
    void let() { gate.expires_at(Slots::Clock::time_point::min()); }

    Outcome outcome;
    Timer gate;
    int asked = 0;

  private:
    std::string name_;
};

class GuardedScannerTest : public ::testing::Test {
  protected:
    Loop loop;
    Scripted* inner = nullptr;
    std::unique_ptr<GuardedScanner> guarded;
    std::string message = "hello";
    Envelope envelope;

    void make(const std::string& name, const GuardSettings& settings) {
        auto scripted = std::make_unique<Scripted>(loop.io, name);
        inner = scripted.get();
        inner->outcome.state = State::clean;
        inner->outcome.daemon = Daemon::answered;
        guarded = std::make_unique<GuardedScanner>(std::move(scripted), settings);
    }
    net::task<> ask(Outcome& outcome, Duration timeout, int* ended = nullptr) {
        const MemoryOctets octets(message);
        outcome = co_await guarded->scan(octets, envelope, timeout);
        if (ended) ++*ended;
    }
    Outcome scan(Duration timeout = 20s) {
        Outcome outcome;
        loop.run(ask(outcome, timeout));
        return outcome;
    }
    static void expect_metric(const std::string& line) { EXPECT_THAT(metrics::expose(), HasSubstr(line + "\n")); }
};

TEST_F(GuardedScannerTest, WhatIsTooLargeIsNotAsked) {
    GuardSettings settings;
    settings.max_size = 5;
    make("sized", settings);
    EXPECT_EQ(scan().state, State::clean);
    message += "!";
    const auto outcome = scan();
    EXPECT_EQ(outcome.state, State::skipped);
    EXPECT_THAT(outcome.failure, HasSubstr("size limit"));
    EXPECT_EQ(inner->asked, 1);
    expect_metric("lazaret_scan_total{result=\"skipped\",scanner=\"sized\"} 1");
    expect_metric("lazaret_scan_total{result=\"clean\",scanner=\"sized\"} 1");
    expect_metric("lazaret_scan_duration_seconds_count{scanner=\"sized\"} 1");
}

TEST_F(GuardedScannerTest, ADaemonThatFailsIsLeftAloneAndFoundAgain) {
    GuardSettings settings;
    settings.breaker_failures = 2;
    settings.breaker_interval = 50ms;
    make("broken", settings);
    inner->outcome = Outcome::failed("away", Daemon::ailing);
    scan();
    scan();
    EXPECT_EQ(guarded->breaker(), Breaker::State::open);
    expect_metric("lazaret_scan_breakers_open{scanner=\"broken\"} 1");
    Outcome left_alone = scan();
    EXPECT_EQ(left_alone.state, State::failed);
    EXPECT_EQ(left_alone.daemon, Daemon::not_asked);
    EXPECT_EQ(inner->asked, 2);
    inner->outcome = Outcome();
    inner->outcome.state = State::found;
    inner->outcome.daemon = Daemon::answered;
    const auto end = Slots::Clock::now() + 20s;
    while (scan().state != State::found && Slots::Clock::now() < end) {
    }
    EXPECT_EQ(guarded->breaker(), Breaker::State::closed);
    EXPECT_EQ(inner->asked, 3);
    expect_metric("lazaret_scan_breakers_open{scanner=\"broken\"} 0");
    expect_metric("lazaret_scan_total{result=\"failed\",scanner=\"broken\"} 2");
}

TEST_F(GuardedScannerTest, MessagesThatItCannotReadDoNotSwitchItOff) {
    GuardSettings settings;
    settings.breaker_failures = 2;
    make("readable", settings);
    inner->outcome = Outcome::failed("cannot read this one", Daemon::answered);
    for (int i = 0; i < 10; ++i)
        scan();
    EXPECT_EQ(guarded->breaker(), Breaker::State::closed);
    EXPECT_EQ(inner->asked, 10);
}

TEST_F(GuardedScannerTest, CallsTakeTheirTurn) {
    GuardSettings settings;
    settings.max_calls = 1;
    settings.max_waiting = 1;
    make("turns", settings);
    inner->hold();
    Outcome first, second, third;
    int ended = 0;
    loop.spawn(ask(first, 20s, &ended));
    loop.spawn(ask(second, 20s, &ended));
    loop.spawn(ask(third, 20s, &ended));
    loop.run_until([&] { return ended == 1; }); // the third finds no place to wait
    EXPECT_EQ(third.state, State::failed);
    EXPECT_EQ(third.daemon, Daemon::not_asked);
    EXPECT_THAT(third.failure, HasSubstr("busy"));
    EXPECT_EQ(inner->asked, 1);
    inner->let();
    loop.run_until([&] { return ended == 3; });
    EXPECT_EQ(first.state, State::clean);
    EXPECT_EQ(second.state, State::clean);
    EXPECT_EQ(inner->asked, 2);
    expect_metric("lazaret_scan_total{result=\"busy\",scanner=\"turns\"} 1");
}

TEST_F(GuardedScannerTest, ATurnThatDoesNotComeInTime) {
    GuardSettings settings;
    settings.max_calls = 1;
    make("late", settings);
    inner->hold();
    Outcome first, second;
    int ended = 0;
    loop.spawn(ask(first, 20s, &ended));
    loop.spawn(ask(second, 50ms, &ended));
    loop.run_until([&] { return ended == 1; });
    EXPECT_THAT(second.failure, HasSubstr("busy"));
    inner->let();
    loop.run_until([&] { return ended == 2; });
    EXPECT_EQ(first.state, State::clean);
    EXPECT_EQ(scan().state, State::clean); // the turn was given back
}

TEST_F(GuardedScannerTest, WaitersThatAreDestroyedLeaveNothingBehind) {
    GuardSettings settings;
    settings.max_calls = 1;
    auto other = std::make_unique<Loop>();
    Outcome first, second;
    auto scripted = std::make_unique<Scripted>(other->io, "gone");
    scripted->hold();
    guarded = std::make_unique<GuardedScanner>(std::move(scripted), settings);
    other->spawn(ask(first, 20s));
    other->spawn(ask(second, 20s));
    other->io.poll();
    guarded.reset();
    other.reset(); // both coroutines go where they wait
    EXPECT_EQ(first.state, State::failed);
}

} // namespace
} // namespace lazaret::scan
