#include "cli/cli_fixture.hpp"
#include "store/events.hpp"

namespace lazaret::cli::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Spf : public Cli {
  protected:
    void SetUp() override {
        Cli::SetUp();
        fill();
        std::vector<event::Event> events;
        const auto add = [&](const std::string& subscriber, const std::string& domain, std::optional<spf::Verdict> verdict) {
            event::Event e;
            e.sequence = events.size() + 1;
            e.at = now();
            e.subscriber = subscriber;
            e.sender_domain = domain;
            e.spf = verdict;
            events.push_back(e);
        };
        for (int i = 0; i < 3; ++i) add("c1", "isle.example", spf::Verdict::fail);
        add("c1", "isle.example", std::nullopt);
        add("c1", "good.example", spf::Verdict::pass);
        add("c2", "club.example", spf::Verdict::permerror);
        ASSERT_TRUE(store::write_events(database, "mx1", events));
    }
};

TEST_F(Spf, TellsWhoseMailFails) {
    const auto told = parsed("spf");
    ASSERT_EQ(told.size(), 2u) << told;
    EXPECT_EQ(told[0]["domain"], "isle.example");
    EXPECT_EQ(told[0]["subscriber"], "c1");
    EXPECT_EQ(told[0]["spf"], "fail");
    EXPECT_EQ(told[0]["messages"], 3);
    EXPECT_EQ(told[1]["spf"], "permerror");
    EXPECT_EQ(parsed("spf --all").size(), 3u);
    EXPECT_EQ(parsed("spf c2").size(), 1u);
    EXPECT_EQ(parsed("spf a@example.org")[0]["subscriber"], "c1");
    EXPECT_TRUE(parsed("spf --since 2001-01-01T00:00:00Z").size() == 2);
    const auto done = lazaret("spf");
    EXPECT_THAT(done.out, AllOf(HasSubstr("isle.example  c1"), HasSubstr("fail"), Not(HasSubstr("good.example"))));
    EXPECT_THAT(done.err, HasSubstr("next_hop.egress_addresses is not set"));
    EXPECT_EQ(lazaret("spf --set next_hop.egress_addresses=192.0.2.25").err, "");
}

TEST_F(Spf, IsASentenceOfExplain) {
    EXPECT_THAT(lazaret("explain c1").out, AllOf(HasSubstr("Mail from isle.example fails SPF when it leaves through us (fail, 3 messages in 7 days)"),
                                                 Not(HasSubstr("good.example"))));
    EXPECT_THAT(lazaret("explain c2").out, HasSubstr("(permerror, 1 message in 7 days), so that others may refuse or mark it: the domain's SPF record is wrong."));
    EXPECT_EQ(parsed("explain c1")["spf"][0]["domain"], "isle.example");
}

} // namespace
} // namespace lazaret::cli::test
