#pragma once
// What the tests of Transaction share: a group of one scripted hop, and messages sent through it.

#include "net/init.hpp"
#include "relay/fake_hop.hpp"
#include "relay/transaction.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace lazaret::relay::test {

using smtp::Reply;

/// Content in the pieces that are given; at their end comes the message's, or an error.
class Text : public Content {
  public:
    explicit Text(std::vector<std::string> pieces, bool fails = false)
        : pieces_(std::move(pieces)), fails_(fails) {}
    Result<std::string_view> next() override {
        if (at_ < pieces_.size()) return std::string_view(pieces_[at_++]);
        if (fails_) return Error("disk error");
        return std::string_view();
    }
    std::uint64_t size() const override {
        std::uint64_t sum = 0;
        for (const auto& piece : pieces_)
            sum += piece.size();
        return sum;
    }

  private:
    std::vector<std::string> pieces_;
    bool fails_;
    std::size_t at_ = 0;
};

struct Outcome {
    std::vector<Reply> rcpts;
    Reply data;
    bool rcpt_failed = false, failed = false;
};

class TransactionTest : public ::testing::Test {
  protected:
    TransactionTest() : hop(loop) {
        net::init();
        settings.address = hop.address();
        settings.hostname = "lazaret.example";
        settings.connect_timeout = settings.reply_timeout = settings.data_timeout = 30s;
        settings.health_interval = 20ms;
        make_hops();
    }
    void make_hops() { make_hops({settings}); }
    void make_hops(std::vector<PoolSettings> all) {
        hops.reset();
        hops = std::make_unique<HopGroup>(loop.io, loop.deadlines, std::move(all));
    }
    /// Probes find out that a hop is back.
    void await_health() {
        if (hops->reachable()) return;
        hops->start();
        loop.run_until([&] { return hops->reachable(); });
    }
    PoolSettings to_hop(const FakeHop& other) const {
        auto each = settings;
        each.address = other.address();
        return each;
    }

    static smtp::MailFrom from(std::string address) {
        smtp::MailFrom mail;
        mail.path.at = address.find('@');
        mail.path.address = std::move(address);
        return mail;
    }
    static smtp::RcptTo to(std::string address) {
        smtp::RcptTo rcpt;
        rcpt.path.at = address.find('@');
        rcpt.path.address = std::move(address);
        return rcpt;
    }
    smtp::Forward forward() {
        smtp::Forward out;
        out.address = *IpAddress::parse("192.0.2.7");
        out.helo = "pc";
        out.ident = ident;
        return out;
    }
    /// One message as a client's session would send it.
    Outcome send(std::vector<std::string> recipients = {"a@b.example"},
                 std::string content = "Subject: x\r\n\r\nhi\r\n") {
        return send(from("me@isp.example"), std::move(recipients), Text({std::move(content)}));
    }
    Outcome send(smtp::MailFrom mail, std::vector<std::string> recipients, Text content) {
        Outcome out;
        loop.run(send_one(std::move(mail), std::move(recipients), std::move(content), out));
        return out;
    }
    net::task<> send_one(smtp::MailFrom mail, std::vector<std::string> recipients, Text content,
                         Outcome& out) {
        Transaction transaction(*hops, forward(), std::move(mail), [this] { ++slow; });
        for (auto& address : recipients) {
            std::vector<std::string> alone{address};
            co_await ask(transaction, std::move(alone), out.rcpts);
            out.rcpt_failed = transaction.failed();
        }
        if (std::none_of(out.rcpts.begin(), out.rcpts.end(), [](const Reply& reply) { return reply.positive(); })) co_return;
        out.data = co_await transaction.data(content);
        out.failed = transaction.failed();
    }
    /// What the client has sent at once.
    static net::task<> ask(Transaction& transaction, std::vector<std::string> recipients, std::vector<Reply>& replies) {
        std::vector<smtp::RcptTo> group;
        for (auto& address : recipients) group.push_back(to(std::move(address)));
        const Answered answered = [&](const smtp::RcptTo&, const Reply& reply) { replies.push_back(reply); };
        co_await transaction.rcpt(group, answered);
    }
    /// A message that must come to a temporary failure, at RCPT or at the end, and to nothing at the hop.
    void expect_deferred(const Outcome& out, int code = 451) {
        const auto& last = out.data.code() ? out.data : out.rcpts.back();
        EXPECT_EQ(last.code(), code) << last.text();
        EXPECT_EQ(last.enhanced().klass, 4);
        EXPECT_TRUE(out.data.code() ? out.failed : out.rcpt_failed);
        EXPECT_TRUE(hop.messages.empty());
    }
    void wait_for_reset() {
        loop.run_until([&] { return hops->idle() == 1; });
    }
    /// The next client is served at once, and nothing comes twice.
    void expect_recovery() {
        hop.acts.clear();
        hop.fault_after = 0;
        hop.after_dot.clear();
        hop.messages.clear();
        await_health();
        const auto out = send();
        EXPECT_EQ(out.data.code(), 250) << out.data.text();
        EXPECT_EQ(hop.messages.size(), 1u);
    }

    Loop loop;
    FakeHop hop;
    TraceId ident = TraceId::make(now());
    PoolSettings settings;
    std::unique_ptr<HopGroup> hops;
    int slow = 0; ///< how often somebody had to be told that it takes time
};

/// Clients who take their time between their commands.
class ParkTest : public TransactionTest {
  protected:
    using Steps = std::vector<std::string>; ///< recipients, those of a group with spaces between; "park", "data", "change"
    net::task<> follow(Steps steps, std::vector<Reply>& replies) {
        Transaction transaction(*hops, forward(), from("me@isp.example"), [this] { ++slow; });
        for (const auto& step : steps) {
            if (step == "park") {
                transaction.park();
                EXPECT_FALSE(transaction.holds_connection());
                continue;
            }
            if (step == "data") {
                Text content({"Subject: x\r\n\r\nhi\r\n"});
                auto reply = co_await transaction.data(content);
                replies.push_back(std::move(reply));
                failed = transaction.failed();
                continue;
            }
            if (step == "change") {
                if (change) change();
                continue;
            }
            std::vector<std::string> group;
            for (const auto address : split(step, ' ')) group.emplace_back(address);
            co_await ask(transaction, std::move(group), replies);
        }
    }
    std::vector<int> codes(Steps steps) {
        std::vector<Reply> replies;
        loop.run(follow(std::move(steps), replies));
        std::vector<int> out;
        for (const auto& reply : replies) out.push_back(reply.code());
        return out;
    }
    std::function<void()> change;
    bool failed = false;
};

} // namespace lazaret::relay::test
