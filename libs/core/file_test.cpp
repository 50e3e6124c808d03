#include "core/file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <unistd.h>

namespace lazaret {
namespace {

class ReadFile : public testing::Test {
  protected:
    ReadFile() { std::filesystem::create_directory(folder); }
    ~ReadFile() override { std::filesystem::remove_all(folder); }
    void write(const std::string& content) { std::ofstream(file, std::ios::binary) << content; }
    std::string problem(const std::filesystem::path& path, std::uint64_t most) {
        const auto read = read_file(path, most);
        return read ? "read" : read.error().message;
    }

    const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("lazaret-file-" + std::to_string(::getpid()));
    const std::filesystem::path file = folder / "x";
};

TEST_F(ReadFile, gives_all_of_it_up_to_the_bound) {
    for (const std::size_t size : {0, 1, 262'144, 300'000}) {
        const std::string content(size, '\n');
        write(content);
        EXPECT_EQ(read_file(file, size).value(), content);
    }
    EXPECT_EQ(problem(file, 299'999), file.string() + ": larger than 299999 octets");
    write(std::string((1 << 20) + 1, 'x'));
    EXPECT_EQ(problem(file, 1 << 20), file.string() + ": larger than 1 MiB");
}

TEST_F(ReadFile, says_why_it_cannot) {
    EXPECT_EQ(problem(file, 100), file.string() + ": No such file or directory");
    EXPECT_EQ(problem(folder, 100), folder.string() + ": Is a directory");
}

} // namespace
} // namespace lazaret
