#include "store/journal.hpp"

#include "store/files.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>

namespace lazaret::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class JournalTest : public testing::Test {
  protected:
    fs::path dir;
    void SetUp() override {
        char name[] = "/tmp/lazaret-journal-XXXXXX";
        dir = fs::path(mkdtemp(name)) / "journal";
    }
    void TearDown() override { fs::remove_all(dir.parent_path()); }

    JournalSettings settings() const {
        JournalSettings s;
        s.dir = dir;
        s.node = "mx1";
        return s;
    }
    static event::Event sample(const std::string& subscriber = "c1") {
        event::Event event;
        event.at = Time(std::chrono::seconds(1'790'000'000));
        event.subscriber = subscriber;
        return event;
    }
    fs::path newest() const {
        std::set<fs::path> logs;
        for (const auto& entry : fs::directory_iterator(dir))
            if (entry.path().extension() == ".log") logs.insert(entry.path());
        return *logs.rbegin();
    }
    std::size_t segments() const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator(dir))
            count += entry.path().extension() == ".log";
        return count;
    }
};

TEST_F(JournalTest, NumbersGoOnAfterARestart) {
    {
        auto journal = Journal::open(settings()).value();
        EXPECT_EQ(journal->last_sequence(), 0u);
        EXPECT_EQ(journal->append(sample()).value(), 1u);
        EXPECT_EQ(journal->append(sample()).value(), 2u);
    }
    auto journal = Journal::open(settings()).value();
    EXPECT_EQ(journal->last_sequence(), 2u);
    EXPECT_EQ(journal->append(sample("c3")).value(), 3u);
    auto lines = journal->read_after(1, 10).value();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[1].sequence, 3u);
    auto event = event::from_json(lines[1].json).value();
    EXPECT_EQ(event.sequence, 3u);
    EXPECT_EQ(event.subscriber, "c3");
}

TEST_F(JournalTest, ATornLastLineIsCut) {
    {
        auto journal = Journal::open(settings()).value();
        ASSERT_TRUE(journal->append(sample()));
    }
    std::ofstream(newest(), std::ios::app) << R"({"sequence":2,"at":"20)";
    auto journal = Journal::open(settings()).value();
    EXPECT_EQ(journal->last_sequence(), 1u);
    EXPECT_EQ(journal->append(sample()).value(), 2u);
    EXPECT_EQ(journal->read_after(0, 10)->size(), 2u);
}

TEST_F(JournalTest, ADamagedLastLineIsRefused) {
    {
        auto journal = Journal::open(settings()).value();
        ASSERT_TRUE(journal->append(sample()));
    }
    std::ofstream(newest(), std::ios::app) << "rubbish\n";
    auto journal = Journal::open(settings());
    ASSERT_FALSE(journal);
    EXPECT_THAT(journal.error().message, HasSubstr("damaged"));
}

TEST_F(JournalTest, OneProcessAndOneNode) {
    {
        auto journal = Journal::open(settings()).value();
        auto second = Journal::open(settings());
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().message, HasSubstr("another process"));
    }
    auto other = settings();
    other.node = "mx2";
    auto wrong = Journal::open(other);
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("belongs to node \"mx1\""));
}

TEST_F(JournalTest, SegmentsAreReadAcrossAndRemovedExceptTheLast) {
    auto small = settings();
    small.segment_size = 200;
    {
        auto journal = Journal::open(small).value();
        for (int i = 0; i < 50; ++i)
            ASSERT_TRUE(journal->append(sample()));
        EXPECT_GT(segments(), 5u);
        std::uint64_t at = 0;
        while (at < 50) {
            auto lines = journal->read_after(at, 7).value();
            ASSERT_FALSE(lines.empty());
            for (const auto& line : lines) {
                ASSERT_EQ(line.sequence, ++at);
                ASSERT_EQ(event::from_json(line.json)->sequence, at);
            }
        }
        EXPECT_TRUE(journal->read_after(50, 7)->empty());
        ASSERT_EQ(journal->read_after(3, 1)->at(0).sequence,
                  4u); // back to the start, as after a restored database
        ASSERT_TRUE(journal->remove_through(20));
        EXPECT_LE(journal->read_after(0, 1)->at(0).sequence, 21u);
        EXPECT_GT(journal->read_after(0, 1)->at(0).sequence, 10u);
        ASSERT_TRUE(journal->remove_through(50));
        EXPECT_EQ(segments(), 1u);
    }
    auto journal = Journal::open(small).value();
    EXPECT_EQ(journal->last_sequence(), 50u);
}

TEST_F(JournalTest, FullIsTransientAndEndsWithShipping) {
    auto tiny = settings();
    tiny.max_size = 4000;
    auto journal = Journal::open(tiny).value();
    Result<std::uint64_t> last = journal->append(sample());
    int written = 0;
    for (; last && written < 1000; ++written)
        last = journal->append(sample());
    ASSERT_FALSE(last);
    EXPECT_TRUE(last.error().transient);
    EXPECT_TRUE(journal->full());
    EXPECT_LE(journal->size(), 4000u);
    ASSERT_TRUE(journal->remove_through(journal->last_sequence()));
    EXPECT_EQ(journal->append(sample()).value(), static_cast<std::uint64_t>(written) + 1);
}

TEST_F(JournalTest, ManyThreadsGiveEveryEventItsOwnNumber) {
    auto small = settings();
    small.segment_size = 5000;
    auto journal = Journal::open(small).value();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 250; ++i)
                ASSERT_TRUE(journal->append(sample("c" + std::to_string(t))));
        });
    std::uint64_t at = 0;
    while (at < 1000) { // reading while others write
        ASSERT_TRUE(journal->wait_beyond(at, std::chrono::seconds(20)));
        auto lines = journal->read_after(at, 100).value();
        for (const auto& line : lines) {
            ASSERT_EQ(line.sequence, ++at);
            ASSERT_EQ(event::from_json(line.json)->sequence, at);
        }
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_FALSE(journal->wait_beyond(1000, Duration::zero()));
}

TEST_F(JournalTest, WhatWasAppendedOutlivesAKill) {
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0) {
        auto journal = Journal::open(settings()).value();
        for (;;) {
            std::uint64_t sequence = journal->append(sample()).value();
            if (write(pipe_fds[1], &sequence, sizeof sequence) != sizeof sequence) _exit(1);
        }
    }
    close(pipe_fds[1]);
    std::uint64_t acknowledged = 0, sequence = 0;
    while (acknowledged < 500 && read(pipe_fds[0], &sequence, sizeof sequence) == sizeof sequence)
        acknowledged = sequence;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipe_fds[0], &sequence, sizeof sequence) == sizeof sequence)
        acknowledged = sequence;
    close(pipe_fds[0]);
    auto journal = Journal::open(settings()).value();
    EXPECT_GE(journal->last_sequence(), acknowledged);
    EXPECT_EQ(journal->read_after(0, 1'000'000)->size(), journal->last_sequence());
}

TEST_F(JournalTest, AFullDiskLeavesNoHalfLine) {
    auto journal = Journal::open(settings()).value();
    ASSERT_TRUE(journal->append(sample()));
    auto old_handler = signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    rlimit low = old;
    low.rlim_cur = journal->size() + 20; // room for a part of the next line only
    setrlimit(RLIMIT_FSIZE, &low);
    EXPECT_FALSE(journal->full());
    auto failed = journal->append(sample());
    const bool refuses = journal->full();
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, old_handler);
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().transient);
    EXPECT_TRUE(refuses);
    EXPECT_TRUE(journal->full()); // the disk is asked once a second only
    EXPECT_EQ(journal->append(sample("after")).value(), 2u);
    EXPECT_FALSE(journal->full());
    auto lines = journal->read_after(1, 10).value();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(event::from_json(lines[0].json)->subscriber, "after");
}

TEST_F(JournalTest, NumbersCanJumpAhead) {
    auto journal = Journal::open(settings()).value();
    ASSERT_TRUE(journal->append(sample()));
    ASSERT_TRUE(journal->advance_to(100));
    EXPECT_EQ(journal->append(sample()).value(), 101u);
    auto lines = journal->read_after(0, 10).value();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].sequence, 1u);
    EXPECT_EQ(lines[1].sequence, 101u);
}

} // namespace
} // namespace lazaret::store
