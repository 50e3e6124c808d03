#include "engine/log_file.hpp"

#include "engine/test_support.hpp"

#include <fstream>

namespace lazaret::engine {
namespace {

using namespace std::chrono_literals;
using test::TempDir;

class LogFileTest : public testing::Test {
  protected:
    TempDir dir;
    std::filesystem::path path = dir.path / "mail.log";
    void append(const std::string& text, const std::string& name = "mail.log") {
        std::ofstream(dir.path / name, std::ios::app | std::ios::binary) << text;
    }
    /// Rotations are hours apart in life.
    void rotate(const std::string& name, std::chrono::hours ago) {
        std::filesystem::rename(path, dir.path / name);
        std::filesystem::last_write_time(dir.path / name,
                                         std::filesystem::file_time_type::clock::now() - ago);
    }
    /// All lines until nothing has come for a while of reads.
    static std::vector<std::string> drain(LogFile& file) {
        std::vector<std::string> all;
        for (int silent = 0; silent < 20;) {
            const auto lines = file.read().value();
            silent = lines.empty() ? silent + 1 : 0;
            all.insert(all.end(), lines.begin(), lines.end());
        }
        return all;
    }
};

using Lines = std::vector<std::string>;

TEST_F(LogFileTest, reads_whole_lines_as_they_come) {
    LogFile file(path, 0, 0);
    EXPECT_EQ(drain(file), Lines());
    append("one\ntw");
    EXPECT_EQ(drain(file), Lines{"one"});
    append("o\n\nthree\n");
    EXPECT_EQ(drain(file), (Lines{"two", "", "three"}));
    EXPECT_EQ(file.offset(), 15u);
}

TEST_F(LogFileTest, finishes_the_old_file_after_a_rename) {
    append("one\n");
    LogFile file(path, 0, 0);
    EXPECT_EQ(drain(file), Lines{"one"});
    std::filesystem::rename(path, dir.path / "mail.log.1");
    append("two\n", "mail.log.1");
    append("three\n");
    EXPECT_EQ(drain(file), (Lines{"two", "three"}));
}

TEST_F(LogFileTest, goes_on_in_a_rotated_file_after_a_restart) {
    append("one\ntwo\n");
    std::uint64_t inode = 0;
    {
        LogFile file(path, 0, 0);
        drain(file);
        inode = file.inode();
    }
    std::filesystem::rename(path, dir.path / "mail.log-20261121");
    append("three\n");
    LogFile file(path, inode, 4);
    EXPECT_EQ(drain(file), (Lines{"two", "three"}));
}

TEST_F(LogFileTest, follows_through_two_rotations_that_it_has_not_seen) {
    append("one\n");
    std::uint64_t inode = 0;
    {
        LogFile file(path, 0, 0);
        drain(file);
        inode = file.inode();
    }
    append("two\n");
    rotate("mail.log.2", 2h);
    append("three\n");
    rotate("mail.log.1", 1h);
    append("four\n");
    append("not a rotated one\n", "mail.log.err");
    append("compressed\n", "mail.log.3.gz");
    LogFile file(path, inode, 4);
    EXPECT_EQ(drain(file), (Lines{"two", "three", "four"}));
}

TEST_F(LogFileTest, begins_anew_when_the_old_file_is_gone_or_truncated) {
    append("one\ntwo\n");
    LogFile file(path, 0, 0);
    drain(file);
    std::filesystem::resize_file(path, 0);
    EXPECT_EQ(drain(file), Lines());
    append("x\n");
    EXPECT_EQ(drain(file), Lines{"x"});
    LogFile other(path, 12345, 99999);
    EXPECT_EQ(drain(other), Lines{"x"});
}

TEST_F(LogFileTest, survives_a_line_without_end) {
    append(std::string(1'000'000, 'x'));
    append("\nafter\n");
    LogFile file(path, 0, 0);
    EXPECT_EQ(drain(file).back(), "after");
}

TEST_F(LogFileTest, a_folder_is_an_error) {
    LogFile file(dir.path, 0, 0);
    EXPECT_FALSE(file.read());
}

} // namespace
} // namespace lazaret::engine
