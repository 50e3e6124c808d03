// backtest --input: a recording, line by line.

#include "cli/backtest.hpp"
#include "core/text.hpp"
#include "detect/replay.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>

namespace lazaret::cli {

namespace {

namespace fs = std::filesystem;

/// Lines of a file or of stdin ("-"), compressed or not, each of bounded length.
class Lines {
  public:
    explicit Lines(const std::string& path) : name_(path == "-" ? "stdin" : path) {
        std::error_code error;
        if (fs::is_directory(path, error))
            throw Failure(Status::failed, path + ": found a folder, expected a file of JSON lines");
        size_ = path == "-" ? 0 : fs::file_size(path, error);
        if (error) size_ = 0; // a pipe, or the open fails
        file_.reset(path == "-" ? ::gzdopen(::dup(STDIN_FILENO), "rb") : ::gzopen(path.c_str(), "rb"));
        if (!file_) throw Failure(Status::failed, path + ": " + std::generic_category().message(errno));
        ::gzbuffer(file_.get(), 256 * 1024);
    }

    bool next(std::string_view& line) {
        do {
            if (!read(line)) return false;
            ++number_;
        } while (trim(line).empty());
        return true;
    }
    [[noreturn]] void wrong(const std::string& what) const {
        throw Failure(Status::failed, name_ + ":" + std::to_string(number_) + ": " + what);
    }
    std::uint64_t number() const { return number_; }
    /// 0 to 100, or -1 when nobody knows.
    int percent() const {
        const auto read = ::gzoffset(file_.get());
        if (size_ == 0 || read < 0) return -1;
        return static_cast<int>(100 * std::min<std::uint64_t>(static_cast<std::uint64_t>(read), size_) / size_);
    }

  private:
    struct Close {
        void operator()(gzFile file) const { ::gzclose(file); }
    };

    bool read(std::string_view& line) {
        for (std::size_t searched = begin_;;) {
            const auto* found = static_cast<const char*>(
                std::memchr(buffer_.data() + searched, '\n', end_ - searched));
            if (found || (is_at_end_ && begin_ < end_)) {
                const auto until = found ? static_cast<std::size_t>(found - buffer_.data()) : end_;
                line = std::string_view(buffer_.data() + begin_, until - begin_);
                begin_ = std::min(until + 1, end_);
                return true;
            }
            if (is_at_end_) return false;
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
            searched = end_;
            if (end_ > detect::ReplayReader::max_line) {
                ++number_;
                wrong("found a line above 1 MiB, expected one JSON object per line");
            }
            const int taken = ::gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
            int trouble = Z_OK;
            const char* const words = ::gzerror(file_.get(), &trouble);
            if (taken < 0 || (trouble != Z_OK && trouble != Z_STREAM_END))
                throw Failure(Status::failed, name_ + ": cannot be read further: " + words);
            is_at_end_ = taken == 0;
            end_ += static_cast<std::size_t>(taken);
        }
    }

    std::string name_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::vector<char> buffer_ = std::vector<char>(2 * detect::ReplayReader::max_line);
    std::size_t begin_ = 0, end_ = 0; // of what is in the buffer and not yet given out
    std::uint64_t number_ = 0, size_ = 0;
    bool is_at_end_ = false;
};

} // namespace

void take_recording(Trial& trial, const std::string& path, double reject_score) {
    Lines lines(path);
    detect::ReplayReader reader(reject_score);
    Progress progress;
    for (std::string_view line; lines.next(line); ++trial.tally.lines) {
        auto recorded = reader.read(line);
        if (!recorded) lines.wrong(recorded.error().message);
        if (auto taken = trial.take(*recorded); !taken) lines.wrong(taken.error().message);
        if (lines.number() % 10'000 == 0) progress.show(lines.number(), "lines", lines.percent());
    }
    trial.tally.unmatched = reader.unmatched();
}

} // namespace lazaret::cli
