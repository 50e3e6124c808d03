#include "engine/log_journal.hpp"

#include "engine/test_journal.hpp"

#include <gmock/gmock.h>

namespace lazaret::engine {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

/// A journalctl that says what the test wants, and writes down its arguments.
class FakeJournalctl : public testing::Test {
  protected:
    std::vector<std::string> program(const std::string& rest) {
        const auto path = dir.path / "journalctl";
        std::ofstream(path) << "#!/bin/sh\nprintf '%s\\n' \"$@\" >" << (dir.path / "arguments").string() << "\n" << rest << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return {path.string()};
    }
    static std::string entry(const std::string& cursor, const std::string& message) {
        return R"({"__CURSOR":")" + cursor +
               R"(","__REALTIME_TIMESTAMP":"1795307791820295","_HOSTNAME":"mx","SYSLOG_IDENTIFIER":"postfix/smtp","SYSLOG_PID":"12","MESSAGE":)" +
               message + "}\n";
    }
    std::string shown(const std::string& entries) {
        std::ofstream(dir.path / "entries") << entries;
        return "cat " + (dir.path / "entries").string();
    }
    static std::vector<std::string> drain(LogJournal& journal, std::size_t count) {
        std::vector<std::string> all;
        eventually([&] {
            const auto lines = journal.read();
            if (lines) all.insert(all.end(), lines->begin(), lines->end());
            return !lines || all.size() >= count;
        });
        return all;
    }
    std::string arguments() const {
        std::ifstream in(dir.path / "arguments");
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static std::string cursor_of(const LogJournal& journal) {
        store::LogPosition position;
        journal.tell_position(position);
        return position.cursor;
    }
    TempDir dir;
};

TEST_F(FakeJournalctl, entries_become_lines_as_syslog_writes_them) {
    const auto text = entry("c1", R"("4X1: removed")") + "no JSON\n[1]\n{}\n" + entry("c2", "[104,195,40,33]") +
                      entry("c3", R"(["twice","said"])") + entry("c4", "null");
    LogJournal journal(program(shown(text) + "\nexec sleep 1000"), {"postfix@-.service", "postfix@b.service"}, "", Time(90s));
    EXPECT_FALSE(journal.is_there());
    EXPECT_THAT(drain(journal, 4), ElementsAre("2026-11-22T00:36:31.820295Z mx postfix/smtp[12]: 4X1: removed",
                                               "2026-11-22T00:36:31.820295Z mx postfix/smtp[12]: h\xC3(!",
                                               "2026-11-22T00:36:31.820295Z mx postfix/smtp[12]: twice",
                                               "2026-11-22T00:36:31.820295Z mx postfix/smtp[12]: "));
    EXPECT_TRUE(journal.is_there());
    EXPECT_EQ(cursor_of(journal), "c4");
    EXPECT_THAT(arguments(), HasSubstr("--since=@90\n--unit=postfix@-.service\n--unit=postfix@b.service\n"));
    EXPECT_THAT(arguments(), testing::Not(HasSubstr("--cursor")));
}

TEST_F(FakeJournalctl, goes_on_behind_the_cursor_and_loses_nothing_when_it_is_gone) {
    const auto text = entry("c1", R"("one")") + entry("c2", R"("two")") + entry("c1", R"("three")");
    for (const bool is_gone : {false, true}) {
        LogJournal journal(program(shown(text) + "\nexec sleep 1000"), {}, is_gone ? "c0" : "c1", Time());
        EXPECT_EQ(cursor_of(journal), is_gone ? "c0" : "c1");
        EXPECT_EQ(drain(journal, is_gone ? 3 : 2).size(), is_gone ? 3u : 2u);
        EXPECT_THAT(arguments(), HasSubstr(is_gone ? "--cursor=c0\n" : "--cursor=c1\n"));
    }
}

TEST_F(FakeJournalctl, what_it_said_before_its_end_counts_and_then_its_last_words) {
    LogJournal journal(program(shown(entry("c1", R"("one")")) + "\necho first >&2\necho 'No journal files were opened.' >&2\nexit 1"),
                       {}, "", Time());
    EXPECT_EQ(drain(journal, 1).size(), 1u);
    Result<std::vector<std::string>> read = std::vector<std::string>();
    ASSERT_TRUE(eventually([&] { return !(read = journal.read()); }));
    EXPECT_EQ(read.error().message, "journalctl ended: No journal files were opened.");
    EXPECT_TRUE(read.error().transient);

    LogJournal silent(program("kill -11 $$"), {}, "", Time());
    ASSERT_TRUE(eventually([&] { return !(read = silent.read()); }));
    EXPECT_EQ(read.error().message, "journalctl ended: killed by signal 11");
    EXPECT_FALSE(silent.is_there());
    LogJournal missing({(dir.path / "nowhere").string()}, {}, "", Time());
    EXPECT_THAT(missing.read().error().message, HasSubstr("No such file or directory"));
}

TEST_F(FakeJournalctl, a_line_without_end_is_no_journal) {
    LogJournal journal(program("exec yes -- xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | tr -d '\\n'"), {}, "", Time());
    Result<std::vector<std::string>> read = std::vector<std::string>();
    ASSERT_TRUE(eventually([&] { return !(read = journal.read()); }));
    EXPECT_THAT(read.error().message, HasSubstr("does not end"));
}

TEST(RealJournal, each_entry_once_through_rotation_and_restarts_of_all) {
    Journald journald;
    if (!journald.is_running()) GTEST_SKIP() << "no systemd-journald here, or no namespaces";
    const Time from = now() - 1h;
    std::optional<LogJournal> journal;
    std::string cursor;
    std::vector<std::string> seen, said;
    const auto open = [&] { journal.emplace(journald.journalctl(), std::vector<std::string>{Journald::unit}, cursor, from); };
    const auto read = [&](std::size_t until) {
        return eventually([&] {
            const auto lines = journal->read();
            EXPECT_TRUE(lines) << lines.error().message;
            for (const auto& line : *lines)
                seen.push_back(line.substr(line.find("]: ") + 3));
            return seen.size() >= until;
        });
    };
    const auto say = [&](int count) {
        for (int i = 0; i < count; ++i) {
            said.push_back("line " + std::to_string(said.size()));
            journald.say("smtp", said.back());
            journald.say("smtp", "of somebody else", "other.service");
        }
    };
    say(20); // the journal has a file before anybody reads it, as in life
    open();
    ASSERT_TRUE(read(20));
    journald.rotate();
    say(20);
    ASSERT_TRUE(read(40));
    journald.stop(); // the reader stays
    journald.start();
    ASSERT_TRUE(journald.is_running());
    say(20);
    ASSERT_TRUE(read(60));
    store::LogPosition position;
    journal->tell_position(position);
    cursor = position.cursor;
    journal.reset(); // the reader is away
    say(20);
    journald.rotate();
    say(20);
    open();
    ASSERT_TRUE(read(100));
    journald.kill(); // what it had not taken in would be lost to everybody
    journald.start();
    ASSERT_TRUE(journald.is_running());
    say(20);
    EXPECT_TRUE(read(120));
    EXPECT_EQ(seen, said);
    EXPECT_TRUE(journal->is_there());
}

} // namespace
} // namespace lazaret::engine
