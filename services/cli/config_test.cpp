// `lazaret config check`: what the daemons would say at their start.

#include "cli/cli_fixture.hpp"

namespace lazaret::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ConfigCheck : public test::Cli {
  protected:
    void SetUp() override {
        Cli::SetUp();
        make("a");
        make("b");
    }
    void make(const std::string& name) {
        const auto made = run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=x -keyout " +
                              (dir / (name + ".key")).string() + " -out " + (dir / (name + ".pem")).string());
        ASSERT_EQ(made.status, 0) << made.err;
    }
    Done check(const std::string& text, const std::string& before = "") {
        const auto config = file("checked.toml", text + "[relay]\nlisten = \"127.0.0.1:25\"\n");
        return run(before + std::string(LAZARET_CLI) + " config check --config " + config.string());
    }
    static constexpr const char* right = "[submission]\nlisten = \"127.0.0.1:587\"\n[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n";
};

TEST_F(ConfigCheck, SaysWhatTheDetectorsPromiseComesTo) {
    const auto done = check(std::string(right) + "[engine]\nfalse_alarms_per_year = 0.02\n");
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_THAT(done.out, AllOf(HasSubstr("checked.toml: right\n"), HasSubstr(" nats"), HasSubstr("0.02 false alarms a year")));
    const auto threshold = [this](const std::string& promise) {
        const auto told = parsed("--set tls.certificate=a.pem --set tls.key=a.key --set engine.false_alarms_per_year=" + promise + " config check");
        EXPECT_EQ(told["detector"]["false_alarms_per_year"], std::stod(promise));
        return told["detector"]["threshold"].get<double>();
    };
    EXPECT_NEAR(threshold("0.01") - threshold("0.1"), std::log(10.0), 0.01);
}

TEST_F(ConfigCheck, EveryFileThatIsNamedIsRead) {
    file("rules.toml", "[[rule]]\nname = 1\n");
    file("allow", "good.example\nnot a host\n");
    file("block", "!\n");
    file("replies", "perhaps \"who knows\"\n");
    file("secret", "open sesame\n");
    const auto done = check("[tls]\ncertificate = \"a.pem\"\nkey = \"b.key\"\n"
                            "[next_hop]\ntls = \"verify\"\ntls_ca_file = \"nowhere.pem\"\n"
                            "[content]\nrules_file = \"rules.toml\"\n"
                            "[links]\nallow_file = \"allow\"\nblock_file = \"block\"\n"
                            "[engine]\nreplies_file = \"replies\"\n"
                            "[tickets]\nurl = \"https://tickets.example/\"\nsecret_file = \"secret\"\n");
    EXPECT_EQ(done.status, 78);
    EXPECT_EQ(done.out, "");
    for (const char* said :
         {"checked.toml:3:7: tls.key: key file ", "b.key does not belong to the certificate in ",
          "checked.toml:6:15: next_hop.tls_ca_file: cannot read CA file ", "checked.toml:8:14: content.rules_file: ", "rules.toml:",
          "checked.toml:10:14: links.allow_file: ", "allow:2: ", "checked.toml:11:14: links.block_file: ", "block:1: ",
          "checked.toml:13:16: engine.replies_file: ", "replies: line 1: ", "checked.toml:16:15: tickets.secret_file: "})
        EXPECT_THAT(done.err, HasSubstr(said));
    EXPECT_THAT(done.err, Not(HasSubstr("sesame")));
    const auto told = run(std::string(LAZARET_CLI) + " --json config check --config " + (dir / "checked.toml").string());
    EXPECT_EQ(told.status, 78);
    const auto errors = json::parse(told.out)["errors"];
    ASSERT_EQ(errors.size(), 7u) << told.out;
    EXPECT_EQ(errors[0]["line"], 3);
}

TEST_F(ConfigCheck, EachCertificateIsLookedAt) {
    const auto done = check("[tls]\ncertificate = [\"a.pem\", \"b.pem\"]\nkey = [\"b.key\", \"none.key\"]\n");
    EXPECT_EQ(done.status, 78);
    EXPECT_THAT(done.err, AllOf(HasSubstr("b.key does not belong"), HasSubstr("none.key: No such file")));
    const auto same = check("[tls]\ncertificate = [\"a.pem\", \"b.pem\"]\nkey = [\"a.key\", \"b.key\"]\n");
    EXPECT_THAT(same.err, HasSubstr("same kind of key"));
}

TEST_F(ConfigCheck, WhatTheAskerMayNotReadIsNotCalledWrong) {
    std::filesystem::permissions(dir / "a.key", std::filesystem::perms::none);
    const std::string humble = geteuid() == 0 ? "setpriv --bounding-set -dac_override,-dac_read_search " : "";
    const auto done = check(right, humble);
    EXPECT_EQ(done.status, 77) << done.err;
    EXPECT_THAT(done.err, AllOf(HasSubstr("checked.toml:5:7: tls.key: not checked: "), HasSubstr(" may not read "), HasSubstr("a.key, ")));
    file("replies", "perhaps \"who knows\"\n");
    EXPECT_EQ(check(std::string(right) + "[engine]\nreplies_file = \"replies\"\n", humble).status, 78);
}

} // namespace
} // namespace lazaret::cli
