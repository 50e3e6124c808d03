#include "arguments/command.hpp"
#include "arguments/daemon.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace lazaret::arguments {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The words behind the program's name, as main() gets them.
class Line {
  public:
    Line(std::initializer_list<const char*> words) : words_{"prog"} { words_.insert(words_.end(), words); }
    int count() const { return static_cast<int>(words_.size()); }
    const char* const* words() const { return words_.data(); }

  private:
    std::vector<const char*> words_;
};

/// A program of one option of its own and two commands.
class Commands : public testing::Test {
  protected:
    std::string config = "/etc/prog", level = "block", sender;
    std::vector<std::string> overrides;
    std::int64_t limit = 100;
    bool all = false;
    std::string ran;
    Program program{"prog", "Does things."};

    void SetUp() override {
        unsetenv("PROG_CONFIG");
        program.footer("The end.");
        program.requires_command();
        program.version("1.2");
        program.option("--config", config, "a file").from_environment("PROG_CONFIG").is("FILE").shows_default();
        program.option("--set", overrides, "override").is("KEY=VALUE").repeatable();
        auto group = program.group("letter", "letters");
        auto list = group.add("list", "newest first");
        list.option("SENDER,--sender", sender, "of this one");
        list.option("--level", level, "how much").one_of({"watch", "block"}).shows_default();
        list.option("--limit", limit, "at most so many").between(1, 1000).shows_default();
        list.flag("--all", all, "old ones, too");
        list.run([this] { ran = "list"; });
        group.add("burn", "all of them").run([] { throw std::runtime_error("too wet"); });
    }
    bool parse(const Line& line) { return program.parse(line.count(), line.words()); }
    std::string wrong(const Line& line) {
        try {
            parse(line);
        } catch (const WrongUsage& error) {
            EXPECT_EQ(ran, "") << "and yet it ran";
            return error.what();
        }
        return "nothing wrong";
    }
    std::string answer(const Line& line) {
        testing::internal::CaptureStdout();
        EXPECT_FALSE(parse(line));
        return testing::internal::GetCapturedStdout();
    }
};

TEST_F(Commands, FillVariablesAndRun) {
    EXPECT_TRUE(parse({"--set", "a=b", "letter", "list", "c1", "--limit", "7", "--level", "watch", "--all"}));
    EXPECT_EQ(ran, "list");
    EXPECT_EQ(sender, "c1");
    EXPECT_EQ(limit, 7);
    EXPECT_EQ(level, "watch");
    EXPECT_TRUE(all);
    EXPECT_FALSE(program.is_given("--config"));
}

TEST_F(Commands, OptionsOfTheProgramMayStandBehind) {
    EXPECT_TRUE(parse({"letter", "list", "--set", "a=b", "--config", "x", "--set", "c=d", "--sender", "c1"}));
    EXPECT_THAT(overrides, ElementsAre("a=b", "c=d"));
    EXPECT_EQ(config, "x");
    EXPECT_EQ(sender, "c1");
    EXPECT_TRUE(program.is_given("--config"));
}

TEST_F(Commands, WhatFollowsARepeatableOptionsValueIsAPositional) {
    EXPECT_TRUE(parse({"letter", "list", "--set", "a=b", "c1"}));
    EXPECT_THAT(overrides, ElementsAre("a=b"));
    EXPECT_EQ(sender, "c1");
}

TEST_F(Commands, TheLineCountsMoreThanTheEnvironment) {
    setenv("PROG_CONFIG", "of the environment", 1);
    EXPECT_TRUE(parse({"letter", "list"}));
    EXPECT_EQ(config, "of the environment");
    EXPECT_TRUE(program.is_given("--config"));
    EXPECT_TRUE(parse({"letter", "list", "--config", "x"}));
    EXPECT_EQ(config, "x");
    unsetenv("PROG_CONFIG");
}

TEST_F(Commands, SayWhatIsWrongInOneSentence) {
    EXPECT_EQ(wrong({}), "A subcommand is required");
    EXPECT_EQ(wrong({"letter"}), "A subcommand is required");
    EXPECT_EQ(wrong({"letter", "list", "--bogus"}), "The following argument was not expected: --bogus");
    EXPECT_EQ(wrong({"letter", "list", "--limit", "0"}), "--limit: Value 0 not in range 1 to 1000");
    EXPECT_EQ(wrong({"letter", "list", "--limit", "1001"}), "--limit: Value 1001 not in range 1 to 1000");
    EXPECT_EQ(wrong({"letter", "list", "--limit", "few"}), "--limit: Value few not in range 1 to 1000");
    EXPECT_EQ(wrong({"letter", "list", "--level", "worst"}), "--level: worst not in {watch,block}");
    EXPECT_EQ(wrong({"letter", "list", "--sender"}), "--sender: 1 required TEXT missing");
}

TEST_F(Commands, LetThroughWhatTheWorkThrows) {
    EXPECT_THROW(parse({"letter", "burn"}), std::runtime_error);
    EXPECT_EQ(wrong({"letter", "list", "--limit", "0"}), "--limit: Value 0 not in range 1 to 1000");
}

TEST_F(Commands, AnswerForHelpAndVersion) {
    EXPECT_EQ(answer({"--version"}), "1.2\n");
    EXPECT_EQ(answer({"--help"}), R"(Does things.
Usage: prog [OPTIONS] SUBCOMMAND

Options:
  -h,--help                   Print this help message and exit
  --version                   Display program version information and exit
  --config FILE=/etc/prog (Env:PROG_CONFIG)
                              a file
  --set KEY=VALUE             override

Subcommands:
  letter                      letters

The end.
)");
    EXPECT_EQ(answer({"letter", "list", "--help"}), R"(newest first
Usage: prog letter list [OPTIONS] [SENDER]

Positionals:
  SENDER TEXT                 of this one

Options:
  -h,--help                   Print this help message and exit
  --sender TEXT               of this one
  --level TEXT:{watch,block}=block
                              how much
  --limit INT:INT in [1 - 1000]=100
                              at most so many
  --all                       old ones, too

The end.
)");
    EXPECT_EQ(ran, "");
}

TEST(Values, AreReadAsTheirType) {
    std::filesystem::path path;
    std::vector<std::string> words;
    std::uint64_t huge = 0;
    std::uint32_t wide = 0;
    std::uint16_t port = 0;
    double rate = 0;
    Program program("prog", "Does things.");
    program.option("--path", path, "");
    program.option("--words", words, "");
    program.option("--huge", huge, "");
    program.option("--wide", wide, "").positive();
    program.option("--port", port, "");
    program.option("--rate", rate, "");
    const Line line{"--path", "a b", "--words", "x", "y", "--huge", "18446744073709551615", "--wide", "4294967295",
                    "--words", "z", "--port", "65535", "--rate", "0.5"};
    EXPECT_TRUE(program.parse(line.count(), line.words()));
    EXPECT_EQ(path, "a b");
    EXPECT_THAT(words, ElementsAre("x", "y", "z"));
    EXPECT_EQ(huge, UINT64_MAX);
    EXPECT_EQ(wide, UINT32_MAX);
    EXPECT_EQ(port, UINT16_MAX);
    EXPECT_EQ(rate, 0.5);
    for (const Line& wrong : {Line{"--port", "65536"}, Line{"--port", "-1"}, Line{"--wide", "0"}, Line{"--wide", "1.5"},
                              Line{"--huge", "many"}, Line{"--rate", "fast"}})
        EXPECT_THROW(program.parse(wrong.count(), wrong.words()), WrongUsage) << wrong.words()[1] << wrong.words()[2];
}

TEST(Values, WithoutSignTakeDecimalDigitsOnly) {
    std::uint64_t huge = 0;
    std::uint32_t wide = 0;
    std::uint16_t port = 0;
    Program program("prog", "Does things.");
    program.option("--huge", huge, "");
    program.option("--wide", wide, "");
    program.option("PORT,--port", port, "");
    const auto wrong = [&](const Line& line) -> std::string {
        try {
            program.parse(line.count(), line.words());
        } catch (const WrongUsage& error) {
            return error.what();
        }
        return "nothing wrong";
    };
    EXPECT_EQ(wrong({"--huge=-1"}), "--huge: Value -1 not in range 0 to 18446744073709551615");
    EXPECT_EQ(wrong({"--huge", "-1"}), "--huge: Value -1 not in range 0 to 18446744073709551615");
    EXPECT_EQ(wrong({"--huge=18446744073709551616"}), "--huge: Value 18446744073709551616 not in range 0 to 18446744073709551615");
    EXPECT_EQ(wrong({"--wide=-18446744073709551615"}), "--wide: Value -18446744073709551615 not in range 0 to 4294967295");
    EXPECT_EQ(wrong({"--port=+1"}), "--port: Value +1 not in range 0 to 65535");
    EXPECT_EQ(wrong({"--port= 1"}), "--port: Value  1 not in range 0 to 65535");
    EXPECT_EQ(wrong({"--port=0x10"}), "--port: Value 0x10 not in range 0 to 65535");
    EXPECT_EQ(wrong({"65536"}), "--port: Value 65536 not in range 0 to 65535");
    EXPECT_EQ(wrong({"0010"}), "nothing wrong");
    EXPECT_EQ(port, 10);
}

TEST(SimplePrograms, EndWithAStatus) {
    std::string certificate, key;
    std::uint16_t port = 0;
    Program program("prog", "Does things.");
    const auto with = program.option("--certificate", certificate, "in PEM");
    program.option("--key", key, "in PEM").needs(with);
    program.option("--port", port, "of the server").required();
    auto status = [&](const Line& line) { return program.parse_or_tell(line.count(), line.words()); };
    auto error = [&](const Line& line) {
        testing::internal::CaptureStderr();
        EXPECT_GE(status(line).value_or(-1), 100);
        return testing::internal::GetCapturedStderr();
    };
    EXPECT_EQ(status({"--port", "1", "--certificate", "c", "--key", "k"}), std::nullopt);
    EXPECT_EQ(error({"--port", "1", "--key", "k"}), "--key requires --certificate\nRun with --help for more information.\n");
    EXPECT_EQ(error({}), "--port is required\nRun with --help for more information.\n");
    testing::internal::CaptureStdout();
    EXPECT_EQ(status({"--help"}), 0);
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("--port UINT REQUIRED"));
}

class Daemon : public testing::Test {
  protected:
    struct Done {
        int status;
        std::string out, err;
    };
    std::string config;
    std::vector<std::string> overrides;

    Done run(const Line& line, bool fails = false) {
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const DaemonText text{.name = "prog-d", .version = "1.2", .about = "Serves.", .exit_statuses = "Exit status: 0."};
        const int status = run_daemon(line.count(), line.words(), text, [&](const auto& file, const auto& sets) {
            config = file;
            overrides = sets;
            if (fails) throw std::runtime_error("out of luck");
            return 69;
        });
        return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
    }
};

TEST_F(Daemon, RunsWithItsConfiguration) {
    EXPECT_EQ(run({}).status, 69);
    EXPECT_EQ(config, "/etc/lazaret/lazaret.toml");
    EXPECT_THAT(overrides, ElementsAre());
    EXPECT_EQ(run({"--set", "a.b=c", "--config", "x", "--set", "d.e=f"}).status, 69);
    EXPECT_EQ(config, "x");
    EXPECT_THAT(overrides, ElementsAre("a.b=c", "d.e=f"));
}

TEST_F(Daemon, TellsWhyItEnds) {
    const auto failed = run({}, true);
    EXPECT_EQ(failed.status, 70);
    EXPECT_EQ(failed.err, "prog-d: out of luck\n");
    config.clear();
    const auto wrong = run({"--bogus"});
    EXPECT_EQ(wrong.status, 64);
    EXPECT_EQ(wrong.err, "The following argument was not expected: --bogus\nRun with --help for more information.\n");
    EXPECT_EQ(config, "") << "and yet it ran";
}

TEST_F(Daemon, AnswersForHelpAndVersion) {
    EXPECT_EQ(run({"--version"}).out, "prog-d 1.2\n");
    const auto help = run({"--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.out, R"(Serves.
Usage: prog-d [OPTIONS]

Options:
  -h,--help                   Print this help message and exit
  --config FILE=/etc/lazaret/lazaret.toml
                              Configuration file
  --set SECTION.KEY=VALUE     Overrides an option of the file; repeatable
  --version                   Display program version information and exit

Exit status: 0.
)");
    EXPECT_EQ(config, "");
}

} // namespace
} // namespace lazaret::arguments
