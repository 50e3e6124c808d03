#include "respond/delivery.hpp"
#include "respond/outbox_worker.hpp"
#include "respond/signature.hpp"
#include "respond/ticket.hpp"

#include "core/text.hpp"
#include "store/engine_state.hpp"
#include "store/testing/test_cluster.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <mutex>
#include <thread>

namespace lazaret::respond {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Signature, is_that_of_standard_webhooks) {
    // The example of the Standard Webhooks specification's reference libraries.
    const auto secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
    const Time at = Time(std::chrono::seconds(1614265330));
    EXPECT_EQ(secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(timestamp(at + 999ms), "1614265330");
}

TEST(Signature, refuses_bad_secrets) {
    for (const char* text : {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!", "whsec_c2hvcnQ="})
        EXPECT_FALSE(Secret::parse(text)) << text;
    EXPECT_THAT(Secret::load("/nonexistent/secret").error().message, HasSubstr("/nonexistent/secret"));
}

TEST(Schedule, grows_to_a_day_and_never_ends) {
    EXPECT_EQ(wait_after(1, 0), Duration(5s));
    EXPECT_EQ(wait_after(1, 0.5), Duration(5250ms));
    EXPECT_EQ(wait_after(2, 0), Duration(5min));
    EXPECT_EQ(wait_after(9, 0), Duration(24h));
    EXPECT_EQ(wait_after(10, 0), Duration(24h));
    EXPECT_EQ(wait_after(1000, 0), Duration(24h));
    EXPECT_EQ(wait_after(0, 0), Duration(5s));
}

net::HttpResponse response(unsigned status, std::string body = "") {
    net::HttpResponse r;
    r.status = status;
    r.body = std::move(body);
    return r;
}

TEST(Decision, only_2xx_is_success) {
    EXPECT_EQ(decide(response(200), 1, 0).fate, Fate::delivered);
    EXPECT_EQ(decide(response(204), 1, 0).fate, Fate::delivered);
    for (unsigned status : {301u, 400u, 404u, 429u, 500u, 503u})
        EXPECT_EQ(decide(response(status), 1, 0).fate, Fate::retry);
    EXPECT_EQ(decide(response(410), 1, 0).fate, Fate::dead);
    EXPECT_EQ(decide(response(500), 1000, 0).fate, Fate::retry);
    EXPECT_EQ(decide(response(410), 1000, 0).fate, Fate::dead);
    EXPECT_EQ(decide(Error("refused", true), 1, 0).fate, Fate::retry);
    EXPECT_THAT(decide(response(500, "out of\r\npaper"), 1, 0).error, HasSubstr("500: out of??paper"));
}

TEST(Decision, keeps_the_number_that_the_ticket_system_gave) {
    EXPECT_EQ(ticket_number(R"({"ticket": "T-0001"})"), "T-0001");
    EXPECT_EQ(ticket_number(R"({"id": 41, "number": "2026-41"})"), "2026-41");
    EXPECT_EQ(ticket_number(R"({"id": 41})"), "41");
    for (const char* body : {"", "ok", "[1]", "{}", R"({"ticket": null})", R"({"ticket": {"id": 1}})", "{\"ticket\": "})
        EXPECT_EQ(ticket_number(body), "") << body;
    EXPECT_EQ(ticket_number(R"({"ticket": ")" + std::string(65, 'x') + R"("})"), "");
    net::HttpResponse answer;
    answer.status = 201;
    answer.body = R"({"ticket": "T-2"})";
    EXPECT_EQ(decide(answer, 1, 0).ticket, "T-2");
}

TEST(Decision, honours_retry_after) {
    auto busy = response(429);
    busy.fields.emplace_back("retry-after", "120");
    EXPECT_EQ(decide(busy, 1, 0).wait, Duration(120s));
    EXPECT_EQ(decide(busy, 2, 0).wait, Duration(5min)) << "never earlier than the schedule";
    busy.fields.front().value = "99999999999";
    EXPECT_EQ(decide(busy, 1, 0).wait, Duration(24h));
    busy.fields.front().value = "Wed, 21 Oct 2026 07:28:00 GMT";
    EXPECT_EQ(decide(busy, 1, 0).wait, Duration(5s));
}

store::Outcome outcome() {
    store::Outcome o;
    o.incident.id = 42;
    o.incident.subscriber = o.subscriber = "c-1001";
    o.incident.members = {"c-1001"};
    o.incident.cause = "bot";
    o.incident.opened_at = o.incident.updated_at = parse_rfc3339("2026-11-21T10:42:00Z").value();
    o.incident.score = 21.5;
    o.incident.threshold = 19;
    o.incident.summary = "5 of 9 recipients do not exist";
    o.incident.evidence =
        R"([{"kind":"failing_recipients","llr":12,"count":5,"reason":"5 of 9 recipients do not exist"}])";
    o.opened = o.confined = true;
    subscriber::Quarantine q;
    q.token = "the-token";
    q.expiry = o.incident.opened_at + 24h;
    o.quarantine = q;
    o.samples = {"06g3k2m9x8abcdefghjk"};
    return o;
}

TEST(Ticket, says_who_why_and_what_was_done) {
    const auto notice = make_notice(outcome(), "node1", outcome().incident.opened_at);
    EXPECT_EQ(notice.type, "incident.opened");
    EXPECT_LT(notice.body.size(), 20000u);
    const auto body = nlohmann::json::parse(notice.body);
    EXPECT_EQ(body["specversion"], "1.0");
    EXPECT_EQ(body["id"], notice.webhook_id);
    EXPECT_EQ(body["subject"], "c-1001");
    const auto& data = body["data"];
    EXPECT_EQ(data["action"], "opened");
    EXPECT_EQ(data["dedup_key"], "lazaret-incident-42");
    EXPECT_EQ(data["evidence"][0]["count"], 5);
    EXPECT_EQ(data["quarantine"]["level"], "block");
    EXPECT_EQ(data["quarantine"]["expiry"], "2026-11-22T10:42:00.000000Z");
    EXPECT_EQ(data["needs_human"], false);
    EXPECT_EQ(notice.body.find("the-token"), std::string::npos)
        << "the token lets its holder speak for the subscriber";
    EXPECT_TRUE(data["exhibits"].empty());
}

TEST(Ticket, shows_what_is_kept_of_refused_messages) {
    auto seen = outcome();
    store::ExhibitRecord kept;
    kept.trace = "06g3k2m9x8abcdefghjk";
    kept.at = seen.incident.opened_at;
    kept.reason = "casino";
    kept.exhibit.header = "Subject: spins\n";
    kept.exhibit.excerpt = "Dear ***,\nb\xC3\xBC";
    seen.exhibits.assign(2, kept);
    for (int i = 0; i < 100; ++i) seen.exhibits[1].exhibit.header += "X-Line: " + std::string(100, 'x') + "\n";
    seen.exhibits[1].exhibit.excerpt = std::string(1024, '\n');
    seen.exhibits[1].exhibit.original = "never in a ticket";
    const auto notice = make_notice(seen, "n", Time{});
    EXPECT_LT(notice.body.size(), 20000u);
    EXPECT_EQ(notice.body.find("never in a ticket"), std::string::npos);
    const auto exhibits = nlohmann::json::parse(notice.body)["data"]["exhibits"];
    ASSERT_EQ(exhibits.size(), 2u);
    EXPECT_EQ(exhibits[0]["trace"], kept.trace);
    EXPECT_EQ(exhibits[0]["reason"], "casino");
    EXPECT_EQ(exhibits[0]["at"], "2026-11-21T10:42:00.000000Z");
    EXPECT_EQ(exhibits[0]["header"], kept.exhibit.header);
    EXPECT_EQ(exhibits[0]["excerpt"], kept.exhibit.excerpt);
    const auto cut = exhibits[1]["header"].get<std::string>();
    EXPECT_TRUE(cut.ends_with("x\n")) << "whole lines";
    EXPECT_LE(cut.size(), 1500u);
}

TEST(Ticket, names_everybody_of_a_campaign) {
    auto joined = outcome();
    joined.opened = false;
    joined.joined = true;
    joined.subscriber = "c-1002";
    joined.incident.members = {"c-1001", "c-1002"};
    joined.incident.member_count = 2;
    const auto data = nlohmann::json::parse(make_notice(joined, "n", Time{}).body)["data"];
    EXPECT_EQ(data["action"], "updated");
    EXPECT_EQ(data["subscriber"], "c-1002");
    EXPECT_EQ(data["subscribers"], (std::vector<std::string>{"c-1001", "c-1002"}));
    EXPECT_THAT(data["response"].get<std::string>(), testing::HasSubstr("c-1002"));
}

TEST(Ticket, says_when_a_human_must_act) {
    auto held = outcome();
    held.confined = false;
    held.quarantine.reset();
    held.guard = store::Guard::too_many;
    auto data = nlohmann::json::parse(make_notice(held, "n", Time{}).body)["data"];
    EXPECT_EQ(data["needs_human"], true);
    EXPECT_EQ(data["severity"], "critical");
    EXPECT_TRUE(data["quarantine"].is_null());
    held.incident.is_open = false;
    held.guard = store::Guard::none;
    const auto notice = make_notice(held, "n", Time{});
    EXPECT_EQ(notice.type, "incident.closed");
    data = nlohmann::json::parse(notice.body)["data"];
    EXPECT_EQ(data["action"], "resolved");
    EXPECT_EQ(data["needs_human"], false);
}

TEST(Ticket, two_notices_have_two_ids) {
    EXPECT_NE(make_notice(outcome(), "n", Time{}).webhook_id, make_notice(outcome(), "n", Time{}).webhook_id);
}

/// A ticket system: answers each request with the next status, the last one for ever.
class Receiver {
  public:
    explicit Receiver(std::vector<std::string> answers) : answers_(std::move(answers)) {
        thread_ = std::thread([this] { serve(); });
    }
    ~Receiver() {
        stop_ = true;
        boost::system::error_code ignored;
        boost::asio::ip::tcp::socket poke(io_);
        poke.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook";
    }
    std::vector<std::string> requests() const {
        std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    void serve() {
        namespace asio = boost::asio;
        for (std::size_t n = 0;; ++n) {
            asio::ip::tcp::socket socket(io_);
            acceptor_.accept(socket);
            if (stop_) return;
            boost::system::error_code ec;
            std::string text;
            auto end = asio::read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", ec);
            const auto length = ascii_lowercase(text).find("content-length: ");
            if (ec || length == std::string::npos) continue;
            const std::size_t want = end + std::stoul(text.substr(length + 16));
            if (want > text.size())
                asio::read(socket, asio::dynamic_buffer(text), asio::transfer_exactly(want - text.size()),
                           ec);
            {
                std::lock_guard lock(mutex_);
                requests_.push_back(text);
            }
            asio::write(socket,
                        asio::buffer("HTTP/1.1 " + answers_[std::min(n, answers_.size() - 1)] +
                                     "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
                        ec);
        }
    }
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::vector<std::string> answers_;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

template <class Condition> bool eventually(Condition condition) {
    for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;) {
        if (condition()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

class OutboxTest : public testing::Test {
  protected:
    OutboxTest() : settings(store::TestCluster::shared().create_migrated_database()) {
        settings.role = "lazaret_engine";
        database.emplace(settings);
        guard.emplace(settings);
        shards = store::share_shards(*guard, "test", {}).value();
    }
    /// A conviction of `who`, committed.
    store::Outcome convict(const std::string& who) {
        store::EngineBatch batch;
        batch.engine = "test";
        batch.shards = shards;
        batch.node = "n";
        batch.after = cursor;
        batch.upto = ++cursor;
        store::Conviction conviction;
        conviction.subscriber = who;
        conviction.cause = "bot";
        conviction.evidence = "[]";
        conviction.at = now();
        batch.convictions.push_back(conviction);
        store::Response response;
        response.update_interval = Duration::zero();
        response.notice = [](const store::Outcome& o) { return make_notice(o, "n", now()); };
        auto done = store::commit_batch(*database, batch, response);
        EXPECT_TRUE(done) << done.error().message;
        return done->outcomes.front();
    }
    std::uint64_t pending() { return store::outbox_depth(*database).value().pending; }
    Target target(const std::string& url) {
        Target t;
        t.url = net::Url::parse(url).value();
        t.secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
        t.timeout = 5s;
        return t;
    }

    store::DatabaseSettings settings;
    std::optional<store::Database> database, guard;
    store::Shards shards;
    std::uint64_t cursor = 0;
};

std::string header(const std::string& request, const std::string& name) {
    const auto at = request.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto from = at + name.size() + 4;
    return request.substr(from, request.find("\r\n", from) - from);
}

TEST_F(OutboxTest, delivers_signed_and_once) {
    Receiver receiver({"204 No Content"});
    OutboxWorker worker(settings, target(receiver.url()), 1s);
    worker.start();
    convict("a");
    convict("b");
    ASSERT_TRUE(eventually([&] { return pending() == 0; }));
    worker.stop();
    const auto requests = receiver.requests();
    ASSERT_EQ(requests.size(), 2u);
    for (const auto& request : requests) {
        EXPECT_THAT(request, HasSubstr("POST /hook HTTP/1.1\r\n"));
        const auto body = request.substr(request.find("\r\n\r\n") + 4);
        const Time at(std::chrono::seconds(std::stoll(header(request, "webhook-timestamp"))));
        EXPECT_EQ(header(request, "webhook-signature"),
                  target("http://x").secret->sign(header(request, "webhook-id"), at, body));
        EXPECT_EQ(nlohmann::json::parse(body)["id"], header(request, "webhook-id"));
    }
}

TEST_F(OutboxTest, tries_again_under_the_same_id_and_keeps_the_order_of_an_incident) {
    Receiver receiver({"503 Busy", "200 OK"});
    convict("a");
    convict("a");
    ASSERT_EQ(pending(), 2u);
    OutboxWorker worker(settings, target(receiver.url()), 1s);
    worker.start();
    ASSERT_TRUE(eventually([&] { return pending() == 0; }));
    worker.stop();
    const auto requests = receiver.requests();
    ASSERT_EQ(requests.size(), 3u);
    EXPECT_EQ(header(requests[0], "webhook-id"), header(requests[1], "webhook-id"));
    EXPECT_THAT(requests[1], HasSubstr("incident.opened"));
    EXPECT_THAT(requests[2], HasSubstr("incident.updated"));
}

TEST_F(OutboxTest, gone_is_the_end) {
    Receiver receiver({"410 Gone"});
    convict("a");
    OutboxWorker worker(settings, target(receiver.url()), 1s);
    worker.start();
    ASSERT_TRUE(eventually([&] { return pending() == 0; }));
    worker.stop();
    EXPECT_EQ(receiver.requests().size(), 1u);
}

TEST_F(OutboxTest, two_workers_share_without_repeating) {
    Receiver receiver({"200 OK"});
    for (int i = 0; i < 30; ++i)
        convict("s" + std::to_string(i));
    OutboxWorker one(settings, target(receiver.url()), 1s), two(settings, target(receiver.url()), 1s);
    one.start();
    two.start();
    ASSERT_TRUE(eventually([&] { return pending() == 0; }));
    one.stop();
    two.stop();
    EXPECT_EQ(receiver.requests().size(), 30u);
}

} // namespace
} // namespace lazaret::respond
