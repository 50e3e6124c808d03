#include "submission/tracing.hpp"

#include <gtest/gtest.h>

namespace lazaret::submission {
namespace {

const std::string account = "a@example.org", subscriber = "S-1";
const IpAddress client = IpAddress::from_v4(0xC0000201);
const SessionName who{7, client, account, subscriber};

Selection by_account(const std::string& name) {
    Selection out;
    out.account = name;
    return out;
}

TEST(Tracing, TellsThoseWhoAskedForTheSession) {
    Tracing tracing;
    EXPECT_FALSE(tracing.active());
    auto mine = tracing.start(by_account(account)), other = tracing.start(by_account("b@example.org"));
    EXPECT_TRUE(tracing.active());
    tracing.tell(who, Side::client, "NOOP", Time(std::chrono::seconds(1)));
    tracing.tell(who, Side::server, "250-one\n250 two", Time(std::chrono::seconds(2)));
    const auto taken = mine->take();
    ASSERT_EQ(taken.lines.size(), 3U);
    EXPECT_EQ(taken.lines[0].text, "NOOP");
    EXPECT_EQ(taken.lines[0].session, 7U);
    EXPECT_EQ(taken.lines[2].text, "250 two");
    EXPECT_EQ(taken.lines[2].side, Side::server);
    EXPECT_TRUE(other->take().lines.empty());
    tracing.stop(mine);
    EXPECT_TRUE(tracing.active());
    tracing.stop(other);
    EXPECT_FALSE(tracing.active());
}

TEST(Tracing, AQueueIsBoundedAndSaysWhatIsMissing) {
    Tracing tracing;
    auto tracer = tracing.start(by_account(account));
    const std::string text(1000, 'x');
    constexpr std::uint64_t told = 10000;
    for (std::uint64_t i = 0; i < told; ++i) tracing.tell(who, Side::client, text, Time());
    auto taken = tracer->take();
    EXPECT_LE(taken.lines.size() * text.size(), Tracer::room);
    EXPECT_GT(taken.lines.size(), 100U);
    EXPECT_EQ(taken.lines.size() + taken.dropped, told);
    tracing.tell(who, Side::client, "again", Time());
    taken = tracer->take();
    ASSERT_EQ(taken.lines.size(), 1U);
    EXPECT_EQ(taken.dropped, 0U);
    for (int i = 0; i < 100000; ++i) tracing.tell(who, Side::client, "", Time()); // empty lines hold memory, too
    EXPECT_LE(tracer->take().lines.size(), Tracer::room / 100);
}

TEST(Tracing, TracersAreBounded) {
    Tracing tracing;
    std::vector<std::shared_ptr<Tracer>> all;
    for (std::size_t i = 0; i < Tracing::most_tracers; ++i) all.push_back(tracing.start(by_account(account)));
    EXPECT_EQ(tracing.start(by_account(account)), nullptr);
    tracing.stop(all.front());
    EXPECT_NE(tracing.start(by_account(account)), nullptr);
}

TEST(Selection, AllThatIsGivenHasToFit) {
    Selection wanted;
    EXPECT_TRUE(wanted.empty());
    EXPECT_TRUE(wanted.matches(who));
    wanted.network = Cidr::parse("192.0.2.0/24").value();
    EXPECT_TRUE(wanted.matches(who));
    wanted.subscriber = "S-2";
    EXPECT_FALSE(wanted.matches(who));
    wanted.subscriber = subscriber, wanted.id = 7;
    EXPECT_TRUE(wanted.matches(who));
    wanted.id = 8;
    EXPECT_FALSE(wanted.matches(who));
    wanted = Selection();
    wanted.network = Cidr::parse("198.51.100.0/24").value();
    EXPECT_FALSE(wanted.matches(who));
}

} // namespace
} // namespace lazaret::submission
