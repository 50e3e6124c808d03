// backtest --from-database decides as --input does on the same mail.

#include "cli/cli_fixture.hpp"
#include "detect/replay.hpp"
#include "store/events.hpp"
#include "store/transaction.hpp"

namespace lazaret::cli::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

class Backtest : public Cli {
  protected:
    void SetUp() override {
        Cli::SetUp();
        ASSERT_EQ(lazaret("db migrate").status, 0);
        record();
        remember();
    }

    /// Three days of four subscribers; on the last of them one turns into a bot.
    void record() {
        for (int hour = 0; hour < 72; ++hour) {
            for (int who = 0; who < 4; ++who)
                send("s" + std::to_string(who), begin + hour * 1h + who * 1min, {"friend" + std::to_string(hour % 5)}, false, 0);
            if (hour != 60) continue;
            for (int i = 0; i < 40; ++i)
                send("s3", begin + hour * 1h + 10min + i * 10s, {"x" + std::to_string(i), "y" + std::to_string(i)}, i % 2 == 0, 1);
        }
    }
    void send(const std::string& who, Time at, const std::vector<std::string>& to, bool is_spam, int failing) {
        const std::string id = "m" + std::to_string(++messages);
        json message{{"type", "message"}, {"id", id}, {"ts", seconds(at)}, {"subscriber", who},
                     {"client_ip", "192.0.2.1"}, {"mail_from", who + "@isp.example"}, {"helo", who},
                     {"content", is_spam ? "spam" : "unknown"}, {"fingerprint", fingerprint(messages)}};
        for (const auto& name : to)
            message["rcpts"].push_back(name + "@elsewhere.example");
        lines.push_back(message.dump());
        lines.push_back(json{{"type", "delivery"}, {"ts", seconds(at + 1s)}, {"message", id},
                             {"delivered", to.size() - static_cast<std::size_t>(failing)}, {"nonexistent", failing}}
                            .dump());
    }
    /// Of texts that have nothing in common.
    static std::string fingerprint(int number) {
        char digits[17];
        std::snprintf(digits, sizeof digits, "%016llx", 0x9E3779B97F4A7C15ull * static_cast<unsigned long long>(number));
        return digits;
    }
    static double seconds(Time at) { return static_cast<double>(at.time_since_epoch().count()) / 1e6; }

    /// The same mail in the table of events.
    void remember() {
        std::string text;
        std::vector<event::Event> events;
        detect::ReplayReader reader(10);
        for (const std::string& line : lines) {
            text += line + "\n";
            auto recorded = reader.read(line).value();
            for (auto& event : recorded.events) {
                event.sequence = events.size() + 1;
                traces[recorded.message] = event.trace.to_string();
                events.push_back(event);
            }
        }
        recording = file("in.jsonl", text);
        ASSERT_TRUE(store::write_events(database, "n1", events));
        sequence = events.size();
    }
    std::vector<json> decisions(const std::string& name) {
        std::vector<json> all;
        std::ifstream in(dir / name);
        for (std::string line; std::getline(in, line);)
            all.push_back(json::parse(line));
        return all;
    }
    void refuse(const std::string& who, Time at, event::RefusedBy by) {
        event::Event e;
        e.sequence = ++sequence;
        e.at = at;
        e.type = by == event::RefusedBy::nobody ? event::Type::login_failed : event::Type::message_refused;
        e.subscriber = who;
        e.refused_by = by;
        ASSERT_TRUE(store::write_events(database, "n1", {e}));
    }

    const Time begin = std::chrono::floor<std::chrono::seconds>(now()) - 80h;
    std::vector<std::string> lines;
    std::map<std::string, std::string> traces;
    std::filesystem::path recording;
    std::uint64_t sequence = 0;
    int messages = 0;
};

TEST_F(Backtest, TheHistoryGivesTheSameDecisionsAsTheRecording) {
    const auto a = parsed("backtest --input " + recording.string() + " --decisions " + (dir / "a").string());
    const auto b = parsed("backtest --from-database --days 5 --decisions " + (dir / "b").string());
    auto expected = decisions("a"), found = decisions("b");
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(expected[0]["subscriber"], "s3");
    EXPECT_EQ(expected[0]["action"], "confine");
    for (auto& decision : expected)
        if (decision["message"].is_string()) decision["message"] = traces.at(decision["message"]);
    EXPECT_EQ(found, expected);
    for (const char* key : {"subscribers", "confinements", "tickets", "confined"})
        EXPECT_EQ(b[key], a[key]) << key;
    EXPECT_EQ(b["lines"], sequence);
    EXPECT_GT(b["confined"][0]["held_back"], 10);

    for (const char* words : {"--without content", "--assume growth=x1.5", "--set engine.confine=warn", "--set engine.confine_for=1h"}) {
        ASSERT_EQ(lazaret("backtest --input " + recording.string() + " --decisions " + (dir / "a").string() + " " + words).status, 0);
        const auto done = lazaret(std::string("backtest --from-database --decisions ") + (dir / "b").string() + " " + words);
        ASSERT_EQ(done.status, 0) << done.err;
        expected = decisions("a"), found = decisions("b");
        ASSERT_EQ(found.size(), expected.size()) << words;
        for (std::size_t i = 0; i < found.size(); ++i)
            for (const char* key : {"ts", "subscriber", "action", "cause", "reason"})
                EXPECT_EQ(found[i][key], expected[i][key]) << words;
    }
    EXPECT_EQ(parsed("backtest --from-database --days 1")["confinements"], 1) << "without --decisions, a part of it";
}

TEST_F(Backtest, WhatWasRefusedThenIsCountedAndNoEvidence) {
    const auto before = parsed("backtest --from-database");
    for (int i = 0; i < 300; ++i)
        refuse("s1", begin + 61h + i * 1s, i < 200 ? event::RefusedBy::quarantine : event::RefusedBy::limit);
    refuse("", begin + 62h, event::RefusedBy::nobody);
    const auto after = parsed("backtest --from-database");
    EXPECT_EQ(after["confined"], before["confined"]);
    EXPECT_EQ(after["refused_by_quarantine"], 200);
    EXPECT_EQ(after["refused_by_limit"], 100);
    EXPECT_EQ(after["nameless_events"], 1);
    const auto text = lazaret("backtest --from-database");
    EXPECT_THAT(text.out, HasSubstr("Refused at the time: 200 messages by a quarantine, 100 by limits."));
    EXPECT_THAT(text.out, HasSubstr("1 subscriber of 4 confined"));
}

TEST_F(Backtest, TheDirectoryIsKnown) {
    ASSERT_TRUE(store::run(database, "protect", [](pqxx::work& tx) {
        tx.exec("INSERT INTO subscriber (id, plan, class, is_protected) VALUES ('s3', 'residential', 'dynamic', true)");
    }));
    const auto done = parsed("backtest --from-database --decisions " + (dir / "b").string());
    EXPECT_EQ(done["confinements"], 0);
    ASSERT_FALSE(decisions("b").empty());
    EXPECT_EQ(decisions("b")[0]["action"], "ticket");
}

} // namespace
} // namespace lazaret::cli::test
