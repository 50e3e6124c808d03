#include "config/load.hpp"

#include "config/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace lazaret::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string minimal = "[relay]\nlisten = \"127.0.0.1:2525\"\n";

Loaded parse_relay(const std::string& more, const std::vector<std::string>& overrides = {}) {
    return parse(minimal + more, "/etc/lazaret/lazaret.toml", overrides);
}

std::string error_of(const Loaded& loaded) {
    return loaded ? "no error" : loaded.error().to_string();
}

TEST(Load, DefaultsHoldWhereNothingIsSet) {
    const auto loaded = parse_relay("");
    ASSERT_TRUE(loaded) << error_of(loaded);
    EXPECT_EQ(loaded->file, "/etc/lazaret/lazaret.toml");
    EXPECT_FALSE(loaded->submission.listen);
    EXPECT_EQ(loaded->relay.listen, Endpoint("127.0.0.1", 2525));
    EXPECT_EQ(loaded->server.command_timeout, 5min);
    EXPECT_EQ(loaded->server.max_message_size, 25u * 1024 * 1024);
    EXPECT_EQ(loaded->journal.max_size, 4ull * 1024 * 1024 * 1024);
    EXPECT_EQ(loaded->metrics.submission_listen, Endpoint("127.0.0.1", 9525));
    EXPECT_EQ(loaded->database.owner_role, "lazaret_owner");
    EXPECT_EQ(loaded->limits.default_plan, "residential");
}

TEST(Load, DefaultsThatDependOnOthersFollowThem) {
    const auto loaded = parse_relay("[node]\nstate_dir = \"/srv/l\"\n");
    ASSERT_TRUE(loaded) << error_of(loaded);
    EXPECT_EQ(loaded->journal.dir, "/srv/l/journal");
    EXPECT_EQ(loaded->server.spool_dir, "/srv/l/spool");
    EXPECT_EQ(loaded->node.hash_key_file, "/srv/l/hash.key");
    EXPECT_GE(loaded->server.threads, 1u);
    EXPECT_FALSE(loaded->node.name.empty());
    EXPECT_FALSE(loaded->node.hostname.empty());
}

TEST(Load, EveryKindOfValueIsRead) {
    const auto loaded =
        parse_relay("[server]\nthreads = 3\ncommand_timeout = \"500s\"\nmax_header_size = \"1MiB\"\n"
                    "bare_newline = \"reject\"\n"
                    "[content]\nreject_score = 7\nmode = \"warn\"\n"
                    "[next_hop]\naddress = \"[::1]:26\"\n"
                    "[engine]\nfalse_alarms_per_year = 0.5\npostfix_logs = [\"/a\", \"b\"]\n"
                    "postfix_units = [\"postfix@-.service\", \"postfix@out\\\\x2d1.service\"]\n"
                    "[metrics]\nengine_listen = \"\"\n"
                    "[log]\nlevel = \"debug\"\nformat = \"systemd\"\n");
    ASSERT_TRUE(loaded) << error_of(loaded);
    EXPECT_EQ(loaded->server.threads, 3u);
    EXPECT_EQ(loaded->server.command_timeout, 500s);
    EXPECT_EQ(loaded->server.max_header_size, 1024u * 1024);
    EXPECT_EQ(loaded->server.bare_newline, BareNewline::reject);
    EXPECT_EQ(loaded->content.reject_score, 7);
    EXPECT_EQ(loaded->content.mode, Mode::warn);
    EXPECT_EQ(loaded->next_hop.addresses, std::vector<Endpoint>{Endpoint("::1", 26)});
    EXPECT_EQ(loaded->engine.false_alarms_per_year, 0.5);
    EXPECT_THAT(loaded->engine.postfix_logs, ElementsAre("/a", "/etc/lazaret/b"));
    EXPECT_THAT(loaded->engine.postfix_units, ElementsAre("postfix@-.service", "postfix@out\\x2d1.service"));
    EXPECT_FALSE(loaded->metrics.engine_listen);
    EXPECT_EQ(loaded->log.level, LogLevel::debug);
    EXPECT_EQ(loaded->log.format, LogFormat::systemd);
}

TEST(Load, OverridesWinAndAreReadWithoutQuotes) {
    const auto loaded =
        parse_relay("[server]\nthreads = 3\n",
                    {"server.threads=5", "server.data_timeout=90s", "content.reject_score=2.5",
                     "engine.postfix_logs=/a,b", "submission.listen=", "tickets.url=http://127.0.0.1:1/?a=b",
                     "tickets.secret_file=s"});
    ASSERT_TRUE(loaded) << error_of(loaded);
    EXPECT_EQ(loaded->server.threads, 5u);
    EXPECT_EQ(loaded->server.data_timeout, 90s);
    EXPECT_EQ(loaded->content.reject_score, 2.5);
    EXPECT_THAT(loaded->engine.postfix_logs, ElementsAre("/a", "/etc/lazaret/b"));
    EXPECT_EQ(loaded->tickets.url, "http://127.0.0.1:1/?a=b");
}

TEST(Load, WrongOverridesAreNamed) {
    EXPECT_EQ(error_of(parse_relay("", {"server.threads=many"})),
              "--set server.threads: server.threads: found \"many\", expected a whole number from 0 to 1024");
    EXPECT_EQ(error_of(parse_relay("", {"server.thread=1"})),
              "--set server.thread: unknown option server.thread; did you mean server.threads?");
    EXPECT_THAT(error_of(parse_relay("", {"server.threads"})), HasSubstr("expected SECTION.KEY=VALUE"));
    EXPECT_THAT(error_of(parse_relay("", {"threads=1"})), HasSubstr("expected SECTION.KEY=VALUE"));
    EXPECT_THAT(error_of(parse_relay("", {""})), HasSubstr("expected SECTION.KEY=VALUE"));
}

TEST(Load, PasswordsAreNotRepeated) {
    for (const std::string connection : {"dbname=l password=hunter2", "postgresql://u:hunter2@h/l"}) {
        const auto error = error_of(parse_relay("", {"database.connection=" + connection}));
        EXPECT_THAT(error,
                    HasSubstr("--set database.connection: database.connection: found a user or a password"));
        EXPECT_THAT(error, Not(HasSubstr("hunter2")));
    }
}

TEST(Load, AllErrorsAreReportedInTheOrderOfTheFile) {
    const auto loaded = parse_relay("[server]\nthreads = -1\nzzz = 1\n[log]\nlevel = \"loud\"\n");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().list, SizeIs(3));
    EXPECT_EQ(loaded.error().list[0].line, 4u);
    EXPECT_EQ(loaded.error().list[1].line, 5u);
    EXPECT_EQ(loaded.error().list[2].line, 7u);
}

TEST(Load, NumberOfErrorsIsBounded) {
    std::string text = "[server]\n";
    for (int i = 0; i < 1000; ++i)
        text += "unknown_" + std::to_string(i) + " = 1\n";
    const auto loaded = parse(text, "lazaret.toml");
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().list, SizeIs(100));
}

TEST(Load, FilesThatCannotBeReadSayWhy) {
    EXPECT_EQ(error_of(load("/nowhere/lazaret.toml")),
              "/nowhere/lazaret.toml: cannot be read: No such file or directory");
    EXPECT_EQ(error_of(load("/")), "/: cannot be read: Is a directory");
    EXPECT_THAT(error_of(parse(std::string(2 << 20, '#'), "big.toml")), HasSubstr("more than 1 MiB"));
}

TEST(Load, ReadsAFileRelativeToItsFolder) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "lazaret_config_test";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "l.toml") << minimal << "[tls]\ncertificate = \"c.pem\"\nkey = \"../k.pem\"\n";
    const auto loaded = load(folder / "l.toml");
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(loaded) << error_of(loaded);
    EXPECT_EQ(loaded->tls.certificates, std::vector<std::filesystem::path>{(folder / "c.pem").lexically_normal()});
    EXPECT_EQ(loaded->tls.keys, std::vector<std::filesystem::path>{(folder / "../k.pem").lexically_normal()});
}

/// Whatever the bytes, the answer is a Config or errors that can be printed.
void survives(const std::string& text) {
    const auto loaded = parse(text, "lazaret.toml", {text.substr(0, 40)});
    if (!loaded) {
        ASSERT_FALSE(loaded.error().list.empty());
        ASSERT_FALSE(loaded.error().to_string().empty());
    }
}

TEST(Load, SurvivesRandomBytes) {
    std::mt19937 random(20251121);
    std::uniform_int_distribution<int> byte(0, 255), length(0, 300);
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (int left = length(random); left > 0; --left)
            text += static_cast<char>(byte(random));
        survives(text);
    }
}

TEST(Load, SurvivesRandomChangesToAGoodFile) {
    std::string good;
    for (const auto& option : options())
        if (!option.is_derived)
            good += option.name() + " = " +
                    (option.name() == "relay.listen" ? "\"127.0.0.1:1\"" : option.fallback) + "\n";
    ASSERT_TRUE(parse(good, "l.toml")) << error_of(parse(good, "l.toml"));
    std::mt19937 random(1121);
    const std::string interesting = std::string("[]{}\"'=.,\n#\\-+0123456789eE\x80\xff_truefals") + '\0';
    std::uniform_int_distribution<std::size_t> place(0, good.size() - 1), pick(0, interesting.size() - 1);
    for (int round = 0; round < 1500; ++round) {
        std::string text = good;
        for (int changes = 0; changes <= round % 4; ++changes)
            text[place(random)] = interesting[pick(random)];
        survives(text);
    }
}

TEST(Load, SurvivesDeepNesting) {
    survives("[log]\nlevel = " + std::string(20000, '['));
    survives("x = " + std::string(20000, '{'));
    std::string dotted = "a";
    for (int i = 0; i < 20000; ++i)
        dotted += ".a";
    survives(dotted + " = 1");
}

} // namespace
} // namespace lazaret::config
