// culprit: the one who did it is found among those who suffer from it.

#include "cli/cli_fixture.hpp"
#include "store/events.hpp"

namespace lazaret::cli::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* unknown = "host mx.elsewhere.example[203.0.113.5] said: 550 5.1.1 User unknown";
constexpr const char* listed = "host mx.elsewhere.example[203.0.113.5] said: 554 5.7.1 Service unavailable; Client host [192.0.2.25] "
                               "blocked using zen.spamhaus.org";
constexpr const char* unwanted = "host mx.elsewhere.example[203.0.113.5] said: 550 5.7.1 Message rejected as spam by Content Filtering";

class Culprit : public Cli {
  protected:
    void SetUp() override {
        Cli::SetUp();
        ASSERT_EQ(lazaret("db migrate").status, 0);
        for (Time at = now_ - 10 * 24h; at < now_; at += 6h) {
            const bool is_listed = at >= now_ - 7h; // the last time of all
            for (int who = 0; who < 20; ++who)
                send("s" + std::to_string(who), at + who * 1min, {"friend" + std::to_string(who)}, is_listed ? listed : "");
            for (int copy = 0; copy < 40; ++copy) // the club's circular, as every six hours
                send("club", at + 30min + copy * 1s, {"member" + std::to_string(copy)});
        }
    }
    /// A message and the results of its recipients: `refusal` "" is success.
    void send(const std::string& who, Time at, const std::vector<std::string>& to, const std::string& refusal = "",
              const std::string& finding = "") {
        event::Event e;
        e.sequence = events.size() + 1;
        e.at = at;
        e.trace = TraceId::make(at);
        e.subscriber = who;
        e.helo = who;
        e.client = IpAddress::parse("192.0.2.77").value();
        e.sender_hash = std::hash<std::string>()(who) | 1;
        for (const auto& name : to)
            e.recipients.emplace_back(std::hash<std::string>()(name), "elsewhere.example");
        if (!finding.empty()) e.findings.push_back(finding);
        events.push_back(e);
        for (const auto& recipient : e.recipients) {
            event::Event result;
            result.sequence = events.size() + 1;
            result.type = event::Type::delivery_result;
            result.at = at + 2s;
            result.trace = e.trace;
            result.subscriber = who;
            result.recipients = {recipient};
            result.reason = refusal;
            result.delivery = refusal.empty() ? event::DeliveryStatus::sent : event::DeliveryStatus::bounced;
            result.enhanced = refusal.empty() ? "2.0.0" : refusal == unknown ? "5.1.1" : "5.7.1";
            events.push_back(result);
        }
    }
    void write() { ASSERT_TRUE(store::write_events(database, "n1", events)); }
    static std::vector<std::string> names(const json& told, std::size_t most) {
        std::vector<std::string> all;
        for (const auto& one : told["culprits"])
            if (all.size() < most) all.push_back(one["subscriber"]);
        return all;
    }

    const Time now_ = std::chrono::floor<std::chrono::seconds>(now());
    std::vector<event::Event> events;
};

TEST_F(Culprit, StandsOutAmongThoseWhoSuffer) {
    for (int i = 0; i < 40; ++i) {
        const std::string to = "stranger" + std::to_string(i);
        send("bad", now_ - 8h + i * 20s, {to + "a", to + "b"}, i % 2 == 0 ? unknown : "", i % 3 == 0 ? "pills:warn:12" : "");
        if (i < 12) send("spurned", now_ - 7h + i * 1min, {"friend" + std::to_string(i % 3)}, i % 6 == 0 ? "" : unwanted);
    }
    event::Event only_refused;
    only_refused.sequence = events.size() + 1;
    only_refused.at = now_ - 5h;
    only_refused.type = event::Type::message_refused;
    only_refused.subscriber = "held";
    only_refused.refused_by = event::RefusedBy::content;
    for (int i = 0; i < 30; ++i, ++only_refused.sequence)
        events.push_back(only_refused);
    write();

    const auto told = parsed("culprit --since 1d");
    ASSERT_EQ(told["standing_out"], 2) << told.dump(1);
    EXPECT_EQ(names(told, 2), (std::vector<std::string>{"bad", "spurned"}));
    const auto& bad = told["culprits"][0];
    EXPECT_GT(bad["nats"], 10);
    EXPECT_NEAR(bad["share"].get<double>() + told["culprits"][1]["share"].get<double>(), 1, 0.001);
    EXPECT_EQ(bad["messages"], 40);
    EXPECT_THAT(bad["evidence"].dump(), AllOf(HasSubstr("failing_recipients"), HasSubstr("content")));
    EXPECT_FALSE(bad["samples"].empty());
    EXPECT_EQ(told["culprits"][1]["evidence"][0]["kind"], "remote_refusals");
    EXPECT_THAT(told.dump(), Not(HasSubstr("\"held\""))) << "nothing of it went out";
    EXPECT_EQ(told["subscribers"], 23);
    EXPECT_EQ(told["refusals"][0]["about"], "zen.spamhaus.org");
    EXPECT_EQ(told["refusals"][0]["count"], 20) << "who is taken again counts once";

    const auto text = lazaret("culprit --since 1d --limit 1");
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_THAT(text.out, AllOf(HasSubstr("2 subscribers stand out"), HasSubstr("  zen.spamhaus.org"), HasSubstr("bad, never confined"),
                                HasSubstr("recipients do not exist"), HasSubstr("and 1 more (--limit)")));

    // Refusals that can only mean another list or another address are left aside; these name neither.
    EXPECT_EQ(parsed("culprit --since 1d --listing zen.spamhaus.org --egress 192.0.2.25")["standing_out"], 2);
    // Without its past the club's circular would look like the beginning of something.
    const auto circular = [](const json& all) {
        double nats = 0;
        for (const auto& one : all["culprits"])
            if (one["subscriber"] == "club") nats = one["nats"];
        return nats;
    };
    EXPECT_LT(circular(parsed("culprit --since 1d --limit 200")), circular(parsed("culprit --since 1d --limit 200 --habit 0")));
}

TEST_F(Culprit, SaysWhenNobodyStandsOut) {
    write();
    const auto told = parsed("culprit --since 1d");
    EXPECT_EQ(told["standing_out"], 0) << told.dump(1);
    EXPECT_EQ(told["subscribers"], 21);
    EXPECT_THAT(lazaret("culprit --since 1d").out, AllOf(HasSubstr("Nobody stands out"), HasSubstr("zen.spamhaus.org")));
    const auto nothing = lazaret("culprit --since 2020-01-01T00:00:00Z --until 2020-01-02T00:00:00Z");
    EXPECT_THAT(nothing.out, AllOf(HasSubstr("0 messages of 0 subscribers"), HasSubstr("No server refused"), HasSubstr("Nobody stands out")));
}

TEST_F(Culprit, WrongWordsAreOneSentence) {
    for (const char* words : {"--since yesterday", "--since 1h --until 2h", "--egress mail.example.net", "--habit many"}) {
        const auto done = lazaret(std::string("culprit ") + words);
        EXPECT_EQ(done.status, 2) << words;
        EXPECT_THAT(done.err, testing::StartsWith("lazaret: ")) << words;
        EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    }
}

} // namespace
} // namespace lazaret::cli::test
