#include "cli/cli_fixture.hpp"
#include "store/engine_state.hpp"
#include "store/events.hpp"
#include "store/quarantine.hpp"
#include "store/transaction.hpp"

namespace {

namespace store = lazaret::store;
namespace event = lazaret::event;
using lazaret::cli::test::Cli;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Cli, MigratesOnce) {
    EXPECT_THAT(lazaret("db migrate").out,
                AllOf(StartsWith("applied 0001_initial.sql\napplied 0002_event_fingerprint.sql\n"), HasSubstr("\nthe schema is at version ")));
    auto again = parsed("db migrate");
    EXPECT_GE(again["version"], 2);
    EXPECT_TRUE(again["applied"].empty());
}

TEST_F(Cli, ConfigCheckNamesThePlace) {
    EXPECT_EQ(lazaret("config check --config " + file("right.toml", "[relay]\nlisten = \"127.0.0.1:25\"\n").string()).status, 0);
    auto wrong = file("wrong.toml", "[server]\nthreads = \"x\"\nnosuch = 1\n");
    auto done = lazaret("config check --config " + wrong.string());
    EXPECT_EQ(done.status, 78);
    EXPECT_THAT(done.err, AllOf(HasSubstr(wrong.string() + ":2:"), HasSubstr(wrong.string() + ":3:")));
    auto told = lazaret("--config " + wrong.string() + " config check --json");
    EXPECT_EQ(told.status, 78);
    EXPECT_EQ(json::parse(told.out)["errors"][0]["line"], 2);
    EXPECT_EQ(lazaret("config check --set server.threads=x").status, 78);
    EXPECT_EQ(lazaret("config check --config /nonexistent").status, 78);
}

TEST_F(Cli, ImportTellsOfHashesThatCannotDoScram) {
    fill();
    const auto people = file("old.csv", "subscriber,login,password,plan,class\n"
                                        "c1,a@example.org,{CRYPT}$6$rounds=1000$saltsalt$bbY.T.ZpN43KapLdmlSbP6MmxBlkMSbhrh.Y1rmY0fYaRO/"
                                        "t.4sKqUiU.Z8byKf8Oa1yagMn/0fncuHSYrb9h.,residential,dynamic\n"
                                        "c1,b@example.org,pencil,residential,dynamic\n");
    const auto import = "subscriber import " + people.string();
    const auto told = lazaret(import);
    EXPECT_EQ(told.status, 0) << told.err;
    EXPECT_THAT(told.err, AllOf(HasSubstr("1 of 2 logins"), HasSubstr("cannot do SCRAM"), HasSubstr("auth.mechanisms = [\"PLAIN\", \"LOGIN\"]")));
    EXPECT_EQ(parsed(import)["logins_without_scram"], 1);
    EXPECT_EQ(lazaret("--set auth.mechanisms=PLAIN,LOGIN " + import).err, "");
    EXPECT_EQ(lazaret("--set auth.backend=dovecot --set auth.dovecot_socket=/run/d " + import).err, "");
}

TEST_F(Cli, WrongUsageIsOneSentence) {
    for (const char* words :
         {"", "bogus", "quarantine", "quarantine add c1", "quarantine add c1 --reason x --level worst",
          "quarantine release --reason x", "quarantine add c1 --reason ' '", "event list --since yesterday",
          "quarantine add c1 --reason x --for long", "backtest",
          "backtest --input x --from-database", "backtest --input x --days 3", "backtest --from-database --days 0"}) {
        auto done = lazaret(words);
        EXPECT_EQ(done.status, 2) << words;
        EXPECT_THAT(done.err, StartsWith("lazaret: ")) << words;
        EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
        EXPECT_EQ(done.out, "") << words;
    }
    EXPECT_THAT(lazaret("--help").out, HasSubstr("Exit status"));
}

TEST_F(Cli, AnAbsentDatabaseIs69) {
    auto done = lazaret("--set database.connection=host=/nonexistent subscriber list");
    EXPECT_EQ(done.status, 69);
    EXPECT_THAT(done.err, StartsWith("lazaret: cannot connect to the database: "));
}

TEST_F(Cli, ImportsListsAndShowsSubscribers) {
    fill();
    EXPECT_EQ(parsed("subscriber list").size(), 2u);
    EXPECT_EQ(parsed("subscriber list b@ex")[0]["subscriber"], "c1");
    EXPECT_EQ(parsed("subscriber show 192.0.2.7")["networks"][0]["cidr"], "192.0.2.0/24");
    EXPECT_THAT(lazaret("subscriber show c1").out, HasSubstr("messages: 30 a minute"));
    EXPECT_EQ(parsed("network list").size(), 2u);
    auto wrong = file(
        "w.csv", "cidr,class,relay,subscriber,plan\n10.0.0.0/33,static,yes,c2,\n10.0.0.0/8,odd,yes,c2,\n");
    auto done = lazaret("network import " + wrong.string());
    EXPECT_EQ(done.status, 1);
    EXPECT_THAT(done.err, AllOf(HasSubstr("lazaret: " + wrong.string() + ":2: "),
                                HasSubstr("\nlazaret: " + wrong.string() + ":3: ")));
    EXPECT_EQ(lazaret("subscriber show nobody").status, 1);
    EXPECT_EQ(lazaret("subscriber import /nonexistent.csv").status, 1);
}

TEST_F(Cli, ConfinesAndReleases) {
    fill();
    auto dry = lazaret("quarantine add c1 --reason 'Spam' --for 2h --dry-run");
    EXPECT_EQ(dry.out, "would confine c1 at level block for 2 hours: Spam\n");
    EXPECT_TRUE(parsed("quarantine list").empty());
    auto added = parsed("quarantine add A@example.org --reason 'Spam' --for 2h");
    EXPECT_EQ(added["subscriber"], "c1");
    EXPECT_EQ(added["level"], "block");
    EXPECT_NE(added["author"], "");
    EXPECT_EQ(parsed("quarantine add 10.1.2.3 --reason x --level throttle")["subscriber"], "addr:10.1.2.3");
    EXPECT_EQ(lazaret("quarantine add c9 --reason x").status, 1); // a typing error confines nobody
    EXPECT_EQ(parsed("quarantine list").size(), 2u);
    EXPECT_EQ(parsed("quarantine show " + added["token"].get<std::string>())["id"], added["id"]);
    EXPECT_EQ(parsed("quarantine show b@example.org")["id"], added["id"]);
    EXPECT_EQ(lazaret("quarantine release c1").status, 2); // without a reason
    EXPECT_EQ(lazaret("quarantine release c1 --reason ok --dry-run").status, 0);
    EXPECT_EQ(parsed("quarantine release c1 --reason cleaned")[0]["release_reason"], "cleaned");
    EXPECT_EQ(lazaret("quarantine release c1 --reason again").status, 1);
    EXPECT_EQ(parsed("quarantine release --id 2 --reason ok").size(), 1u);
    EXPECT_TRUE(parsed("quarantine list").empty());
    EXPECT_EQ(parsed("quarantine history c1").size(), 1u);
    EXPECT_EQ(parsed("quarantine list --all").size(), 2u);
}

TEST_F(Cli, ExplainsAnIncidentAndClosesIt) {
    fill();
    ASSERT_TRUE(store::run(database, "fill", [](pqxx::work& tx) {
        tx.exec("INSERT INTO incident (subscriber, cause, opened_at, updated_at, score, threshold, summary, "
                "evidence) VALUES"
                " ('c1', 'bot', now(), now(), 12.3, 9.2, 'Spam to strangers',"
                " '[{\"kind\":\"content\",\"llr\":8.1,\"count\":14,\"reason\":\"refused content\"}]')");
        tx.exec("INSERT INTO incident_member (incident, subscriber, score, summary) VALUES (1, 'c1', 12.3, 'Spam to strangers')");
    }));
    store::NewQuarantine what;
    what.subscriber = "c1";
    what.reason = "A device sends spam";
    what.author = "engine";
    what.incident = 1;
    ASSERT_TRUE(store::add_quarantine(database, what));
    event::Event e;
    e.sequence = 1;
    e.at = lazaret::now();
    e.type = event::Type::message_refused;
    e.subscriber = "c1";
    e.refused_by = event::RefusedBy::content;
    e.reason = "gtube";
    ASSERT_TRUE(store::write_events(database, "mx1", {e}));

    auto text = lazaret("explain a@example.org");
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_THAT(text.out,
                AllOf(HasSubstr("It is confined, level block: it cannot send mail"),
                      HasSubstr("Why: Spam to strangers"), HasSubstr("+8.1  refused content (14 times)"),
                      HasSubstr("1 message refused for its content (gtube)"),
                      HasSubstr("lazaret quarantine release c1")));
    auto told = parsed("explain c1");
    EXPECT_EQ(told["confined"], true);
    EXPECT_EQ(told["incident"]["id"], 1);
    EXPECT_EQ(told["last_24_hours"][0]["events"], 1);
    EXPECT_THAT(lazaret("explain c2").out, HasSubstr("It is not confined."));
    EXPECT_EQ(lazaret("explain nobody").status, 1);

    EXPECT_EQ(parsed("event list c1")[0]["reason"], "gtube");
    EXPECT_EQ(parsed("event list c1 --type login_failed").size(), 0u);
    EXPECT_THAT(lazaret("event list --since 1h").out, HasSubstr("content: gtube"));

    EXPECT_EQ(parsed("incident list")[0]["summary"], "Spam to strangers");
    EXPECT_THAT(lazaret("incident show 1").out, HasSubstr("12.3 of 9.2"));
    EXPECT_EQ(lazaret("incident show 2").status, 1);
    EXPECT_EQ(lazaret("incident close 1 --reason cleaned --set tickets.url=http://127.0.0.1:1/ --set "
                      "tickets.secret_file=/dev/null")
                  .status,
              0);
    EXPECT_TRUE(parsed("quarantine list").empty());
    EXPECT_EQ(parsed("quarantine history c1")[0]["release_reason"], "cleaned");
    EXPECT_TRUE(parsed("incident list").empty());
    EXPECT_EQ(parsed("incident list --all").size(), 1u);
    EXPECT_EQ(lazaret("incident close 1 --reason again").status, 1);
    auto types = store::run(database, "look", [](pqxx::work& tx) {
        return std::string(tx.exec1("SELECT type FROM outbox")[0].c_str());
    });
    EXPECT_EQ(*types, "incident.closed");
}

} // namespace
