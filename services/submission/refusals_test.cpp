// What is told of refused messages, and what not: neither by a client that only asks nor with a full journal.

#include "submission/metrics.hpp"
#include "submission/node.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <unistd.h>

namespace lazaret::submission {
namespace {

using namespace std::chrono_literals;
using event::RefusedBy;
using testing::HasSubstr;

class Refusals : public testing::Test {
  protected:
    Refusals() : folder_(std::filesystem::temp_directory_path() / ("refusals-" + std::to_string(::getpid()))) { open(64 << 20); }
    ~Refusals() override {
        node_.reset();
        std::filesystem::remove_all(folder_);
    }
    void open(std::uint64_t journal_size) {
        node_.reset();
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        config::Config config;
        config.node.name = "test";
        store::JournalSettings keep;
        keep.dir = folder_;
        keep.node = "test";
        keep.max_size = journal_size;
        node_ = std::make_unique<Node>(Settings::make(config).value(), std::move(store::Journal::open(keep).value()), std::string(32, 'k'));
    }
    event::Event refused(RefusedBy by, const std::string& subscriber = "S-1") const {
        event::Event out;
        out.type = event::Type::message_refused;
        out.at = now_;
        out.trace = TraceId::make(now_);
        out.subscriber = subscriber;
        out.client = *IpAddress::parse("192.0.2.7");
        out.listener = "submission";
        out.recipients.emplace_back(1, "isle.example");
        out.refused_by = by;
        out.reason = "messages per hour";
        out.reply_code = 450;
        return out;
    }
    std::vector<event::Event> written() const {
        std::vector<event::Event> out;
        for (const auto& line : node_->journal->read_after(0, 1000).value()) out.push_back(event::from_json(line.json).value());
        return out;
    }

    const std::filesystem::path folder_;
    std::unique_ptr<Node> node_;
    Time now_{std::chrono::hours(480'000)};
};

TEST_F(Refusals, OurOwnDoingIsCountedTheRestIsTold) {
    for (const auto by : {RefusedBy::limit, RefusedBy::quarantine, RefusedBy::unavailable, RefusedBy::rights}) {
        open(64 << 20);
        testing::internal::CaptureStderr();
        for (int i = 0; i < 100; ++i) node_->tell_refused(refused(by));
        node_->tell_refused(refused(by, "S-2"));
        EXPECT_EQ(written().size(), 6u) << to_string(by);
        node_->report_counted(now_ + 59s);
        EXPECT_EQ(written().size(), 6u);
        node_->report_counted(now_ + 60s);
        const auto log = testing::internal::GetCapturedStderr();
        EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 7);
        const auto events = written();
        ASSERT_EQ(events.size(), 7u);
        const auto& last = events.back();
        EXPECT_EQ(last.reason, "messages per hour, repeated 95 times");
        EXPECT_EQ(last.type, event::Type::message_refused);
        EXPECT_EQ(last.refused_by, by);
        EXPECT_EQ(last.subscriber, "S-1");
        EXPECT_EQ(last.reply_code, 450);
        EXPECT_EQ(last.at, now_ + 60s);
        EXPECT_TRUE(last.recipients.empty());
    }
}

TEST_F(Refusals, EvidenceIsNeverCounted) {
    for (const auto by : {RefusedBy::content, RefusedBy::next_hop, RefusedBy::protocol})
        for (int i = 0; i < 30; ++i) node_->tell_refused(refused(by));
    EXPECT_EQ(written().size(), 90u);
}

TEST_F(Refusals, StrangersAreToldApartByTheirAddress) {
    auto one = refused(RefusedBy::rights, ""), other = one;
    other.client = *IpAddress::parse("192.0.2.8");
    for (int i = 0; i < 10; ++i) node_->tell_refused(one), node_->tell_refused(other);
    EXPECT_EQ(written().size(), 10u);
}

TEST_F(Refusals, AFullJournalKeepsItsRoomForWhatWasAcknowledged) {
    open(256 * 1024 + 100); // full as soon as anything is in it
    node_->write(refused(RefusedBy::content));
    ASSERT_TRUE(node_->journal->full());
    const auto before = numbers().events_left_out.Value();
    node_->tell_refused(refused(RefusedBy::limit));
    node_->tell_refused(refused(RefusedBy::content));
    for (int i = 0; i < 7; ++i) node_->failure_reports.add(*IpAddress::parse("192.0.2.7"), "tim", "submission", "", now_);
    node_->report_counted(now_, true);
    EXPECT_EQ(written().size(), 1u);
    EXPECT_EQ(numbers().events_left_out.Value(), before + 3);
    auto relayed = refused(RefusedBy::nobody);
    relayed.type = event::Type::message_relayed;
    relayed.reply_code = 250;
    node_->write(relayed);
    auto discarded = refused(RefusedBy::content);
    discarded.reply_code = 250;
    node_->write(discarded);
    EXPECT_EQ(written().size(), 3u);
}

} // namespace
} // namespace lazaret::submission
