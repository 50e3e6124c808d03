#include "store/import.hpp"

#include "auth/verifier.hpp"
#include "store/directory.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace lazaret::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class ImportTest : public testing::Test {
  protected:
    DatabaseSettings owner = TestCluster::shared().create_migrated_database();
    Database admin{owner};
    std::unique_ptr<Database> cli;
    fs::path dir;

    void SetUp() override {
        char name[] = "/tmp/lazaret-import-XXXXXX";
        dir = mkdtemp(name);
        auto settings = owner;
        settings.role = "lazaret_cli"; // which may not read verifiers
        cli = std::make_unique<Database>(settings);
    }
    void TearDown() override { fs::remove_all(dir); }

    fs::path file(const std::string& name, const std::string& text) {
        std::ofstream(dir / name) << text;
        return dir / name;
    }
    Result<ImportSummary> import(const std::string& subscribers, const std::string& networks = "") {
        ImportFiles files;
        if (!subscribers.empty())
            files.subscribers = file("s.csv", "subscriber,login,password,plan,class\n" + subscribers);
        if (!networks.empty())
            files.networks = file("n.csv", "cidr,class,relay,subscriber,plan\n" + networks);
        return import_files(*cli, files);
    }
    std::size_t subscriber_count() { return load_directory(admin).value().subscribers.size(); }
};

TEST_F(ImportTest, BothFilesInOneGo) {
    auto verifier = auth::Verifier::make("ready").to_string();
    auto done = import(
        "c1,A@Example.org,secret,residential,dynamic\nc1,b@example.org,\"s,\"\"x\",residential,dynamic\n"
        "c2,,,business,static\nc3,c@example.org," +
            verifier + ",unlimited,trusted\n",
        "192.0.2.0/24,static,yes,c2,\n2001:db8::/32,dynamic,no,,residential\n");
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->subscribers.lines, 4u);
    EXPECT_EQ(done->subscribers.added, 3u);
    EXPECT_EQ(done->logins, 3u);
    EXPECT_EQ(done->logins_without_scram, 0u);
    EXPECT_EQ(done->networks.added, 2u);
    subscriber::Directory directory(load_directory(admin).value());
    EXPECT_TRUE(auth::Verifier::parse(directory.account("a@example.org")->verifier)->check("secret"));
    EXPECT_TRUE(auth::Verifier::parse(directory.account("b@example.org")->verifier)->check("s,\"x"));
    EXPECT_EQ(directory.account("c@example.org")->verifier, verifier);
    EXPECT_EQ(directory.network(IpAddress::parse("192.0.2.1").value())->subscriber, "c2");
    EXPECT_TRUE(directory.network(IpAddress::parse("192.0.2.1").value())->relay);
    EXPECT_EQ(directory.network(IpAddress::parse("2001:db8::1").value())->plan, "residential");
}

TEST_F(ImportTest, AgainChangesOnlyWhatIsDifferent) {
    ASSERT_TRUE(import("c1,a,one,residential,dynamic\nc2,b,x,business,static\n",
                       "192.0.2.0/24,static,yes,c2,\n10.0.0.0/8,dynamic,no,,\n"));
    auto done = import("c1,a,two,business,dynamic\nc2,b,x,business,static\nc3,c,x,business,static\n",
                       "192.0.2.0/24,static,no,c2,\n10.0.0.0/8,dynamic,no,,\n");
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->subscribers.added, 1u);
    EXPECT_EQ(done->subscribers.changed, 1u);
    EXPECT_EQ(done->networks.added, 0u);
    EXPECT_EQ(done->networks.changed, 1u);
    subscriber::Directory directory(load_directory(admin).value());
    EXPECT_EQ(directory.subscriber("c1")->plan, "business");
    EXPECT_TRUE(auth::Verifier::parse(directory.account("a")->verifier)->check("two"));
}

TEST_F(ImportTest, EveryBadLineIsNamedAndNothingImported) {
    auto done =
        import("c1,a,x,residential,dynamic\n,b,x,residential,dynamic\nc2,A,x,residential,dynamic\n"
               "c3,c,,residential,dynamic\nc4,d,x,residential,nosuch\nc1,e,x,business,dynamic\nc5,f\n");
    ASSERT_FALSE(done);
    EXPECT_FALSE(done.error().transient);
    const std::string name = (dir / "s.csv").string();
    EXPECT_THAT(done.error().message,
                AllOf(HasSubstr(name + ":3: subscriber \"\", expected"),
                      HasSubstr(":4: login \"a\" again, expected it once (it is in line 2)"),
                      HasSubstr(":5: login and password, expected both or neither"),
                      HasSubstr(":6: class \"nosuch\", expected dynamic, static, business or trusted"),
                      HasSubstr(":7: subscriber \"c1\" with plan \"business\""),
                      HasSubstr(":8: 2 fields, expected 5")));
    EXPECT_EQ(subscriber_count(), 0u);
}

TEST_F(ImportTest, AtMostTwentyErrorsAreListed) {
    std::string lines;
    for (int i = 0; i < 50; ++i)
        lines += "bad\n";
    auto message = import(lines).error().message;
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 20);
    EXPECT_THAT(message, HasSubstr("\nand 30 more"));
}

TEST_F(ImportTest, WhatOnlyTheDatabaseKnows) {
    EXPECT_THAT(
        import("c1,a,x,nosuch,dynamic\n").error().message,
        HasSubstr(
            "s.csv:2: plan \"nosuch\" does not exist, expected one of business, residential, throttled, unlimited"));
    EXPECT_THAT(import("c1,a,x,residential,dynamic\n", "10.0.0.0/8,dynamic,no,c2,\n").error().message,
                HasSubstr("n.csv:2: subscriber \"c2\" does not exist"));
    EXPECT_EQ(subscriber_count(), 0u); // the subscribers of the same call neither
}

TEST_F(ImportTest, NetworksAreChecked) {
    auto message = import("", "10.0.0.1/8,dynamic,no,,\n10.0.0.0/8,dynamic,no,,\n10.0.0.0/"
                              "8,dynamic,no,,\n1.2.3.4,dynamic,maybe,,\n")
                       .error()
                       .message;
    EXPECT_THAT(message,
                AllOf(HasSubstr("n.csv:2: cidr \"10.0.0.1/8\""), HasSubstr(":4: block 10.0.0.0/8 again"),
                      HasSubstr(":5: relay \"maybe\", expected yes or no")));
}

TEST_F(ImportTest, DryRunChangesNothing) {
    ImportFiles files;
    files.subscribers = file("s.csv", "subscriber,login,password,plan,class\nc1,a,x,residential,dynamic\n");
    auto done = import_files(*cli, files, true);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->subscribers.added, 1u);
    EXPECT_EQ(subscriber_count(), 0u);
}

TEST_F(ImportTest, AMissingFileIsASentence) {
    ImportFiles files;
    files.subscribers = dir / "none.csv";
    EXPECT_THAT(import_files(*cli, files).error().message,
                HasSubstr("cannot read " + files.subscribers.string() + ": No such file"));
}

} // namespace
} // namespace lazaret::store
