#include "engine/log_file.hpp"

#include "core/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace lazaret::engine {
namespace {

constexpr std::size_t chunk = 256 * 1024, longest_line = 64 * 1024;
// A writer that has not noticed the rotation yet still writes to the old file: look a few times before
// leaving it.
constexpr int quiet_enough = 5;

std::uint64_t inode_of(const std::filesystem::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) ? info.st_ino : 0;
}

/// "mail.log.1" or "mail.log-20261121" of "mail.log", not compressed.
bool is_rotated(const std::string& name, const std::string& of) {
    if (!name.starts_with(of) || name.size() < of.size() + 2) return false;
    const auto suffix = std::string_view(name).substr(of.size());
    return (suffix[0] == '.' || suffix[0] == '-') &&
           std::all_of(suffix.begin() + 1, suffix.end(),
                       [](char c) { return ascii_is_digit(c) || c == '-' || c == '.'; });
}

struct Candidate {
    std::filesystem::path path;
    std::uint64_t inode = 0;
    std::filesystem::file_time_type written{};
};

/// The log itself and its rotated namesakes.
std::vector<Candidate> family(const std::filesystem::path& path) {
    std::vector<Candidate> found;
    const auto own = path.filename().string();
    std::error_code failed;
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
         at.increment(failed)) {
        const auto name = at->path().filename().string();
        if (name != own && !is_rotated(name, own)) continue;
        Candidate one;
        one.path = at->path();
        one.inode = inode_of(at->path());
        std::error_code gone;
        one.written = std::filesystem::last_write_time(at->path(), gone);
        if (one.inode != 0 && !gone) found.push_back(std::move(one));
    }
    return found;
}

/// Where the file with this inode is now; `path` itself when it is nowhere.
std::filesystem::path find(const std::filesystem::path& path, std::uint64_t inode) {
    if (inode == 0 || inode_of(path) == inode) return path;
    for (const auto& one : family(path))
        if (one.inode == inode) return one.path;
    return path;
}

/// The file that was begun after the one with this inode: of those written later, the one written first. 0 =
/// the log itself. Strictly later, so that it never goes back to what was read.
std::uint64_t successor(const std::filesystem::path& path, std::uint64_t inode) {
    const auto all = family(path);
    const auto ours =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.inode == inode; });
    if (ours == all.end()) return 0;
    const Candidate* next = nullptr;
    for (const auto& one : all) {
        if (one.inode == inode || one.written <= ours->written) continue;
        // Where two were written at the same moment, the log itself is the newer one.
        if (!next || one.written < next->written || (one.written == next->written && next->path == path))
            next = &one;
    }
    return next ? next->inode : 0;
}

} // namespace

LogFile::LogFile(std::filesystem::path path, std::uint64_t inode, std::uint64_t offset)
    : path_(std::move(path)), inode_(inode), offset_(offset) {}

LogFile::~LogFile() {
    close();
}

LogFile::LogFile(LogFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), inode_(other.inode_),
      offset_(other.offset_), quiet_reads_(other.quiet_reads_) {}

void LogFile::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Result<bool> LogFile::open() {
    if (fd_ >= 0) return true;
    const auto where = find(path_, inode_);
    fd_ = ::open(where.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0) {
        if (errno == ENOENT) return false;
        return Error("cannot read " + where.string() + ": " + std::generic_category().message(errno), true);
    }
    struct stat info {};
    if (::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) {
        close();
        return Error(where.string() + " is not a file", true);
    }
    if (info.st_ino != inode_) offset_ = 0;
    inode_ = info.st_ino;
    quiet_reads_ = 0;
    return true;
}

bool LogFile::has_been_replaced() {
    struct stat ours {};
    if (::fstat(fd_, &ours) == 0 && static_cast<std::uint64_t>(ours.st_size) < offset_) {
        offset_ = 0; // copied and truncated
        return false;
    }
    const auto current = inode_of(path_);
    if (current == 0 || current == inode_) {
        quiet_reads_ = 0;
        return false;
    }
    return ++quiet_reads_ > quiet_enough;
}

Result<std::vector<std::string>> LogFile::read() {
    std::vector<std::string> lines;
    const auto opened = open();
    if (!opened) return opened.error();
    if (!*opened) return lines;

    std::string data(chunk, '\0');
    const auto got = ::pread(fd_, data.data(), data.size(), static_cast<off_t>(offset_));
    if (got < 0)
        return Error("cannot read " + path_.string() + ": " + std::generic_category().message(errno), true);
    data.resize(static_cast<std::size_t>(got));
    const auto end = data.rfind('\n');
    if (end == std::string::npos) {
        if (data.size() == chunk)
            offset_ += chunk; // part of a line without end: not Postfix's
        else if (has_been_replaced()) {
            inode_ = successor(path_, inode_); // finished; the next read opens that
            offset_ = 0;
            close();
        }
        return lines;
    }
    quiet_reads_ = 0;
    for (std::size_t from = 0; from <= end;) {
        const auto to = data.find('\n', from);
        if (to - from <= longest_line) lines.emplace_back(data, from, to - from);
        from = to + 1;
    }
    offset_ += end + 1;
    return lines;
}

} // namespace lazaret::engine
