#include "store/journal.hpp"

#include "core/file.hpp"
#include "core/text.hpp"
#include "log/log.hpp"
#include "store/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace lazaret::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_line = 4u << 20; // an event with a thousand recipients has some 60 KiB
constexpr std::size_t room = longest_line / 16; // to be free before a message is accepted

std::string segment_name(std::uint64_t first) {
    std::string digits = std::to_string(first);
    return std::string(20 - digits.size(), '0') + digits + ".log";
}

std::optional<std::uint64_t> segment_first(const std::string& name) {
    if (name.size() != 24 || !name.ends_with(".log")) return std::nullopt;
    return parse_unsigned(std::string_view(name).substr(0, 20));
}

} // namespace

Result<std::unique_ptr<Journal>> Journal::open(JournalSettings settings) {
    // The newest segment is never removed, so it must be a small part of the whole.
    settings.segment_size =
        std::max<std::uint64_t>(1, std::min(settings.segment_size, settings.max_size / 4));
    std::unique_ptr<Journal> journal(new Journal(std::move(settings)));
    if (auto done = journal->prepare_directory(); !done) return done.error();
    if (auto done = journal->recover(); !done) return done.error();
    journal->syncer_ = std::thread([raw = journal.get()] { raw->sync_loop(); });
    return journal;
}

Journal::~Journal() {
    {
        std::lock_guard lock(mutex_);
        stop_ = interrupted_ = true;
    }
    stopping_.notify_all();
    appended_.notify_all();
    if (syncer_.joinable()) syncer_.join();
    if (fd_ >= 0) {
        fdatasync(fd_);
        close(fd_);
    }
    if (dir_fd_ >= 0) close(dir_fd_);
    if (lock_fd_ >= 0) close(lock_fd_);
}

Result<void> Journal::prepare_directory() {
    const std::string dir = settings_.dir.string();
    std::error_code code;
    if (fs::create_directories(settings_.dir, code); code)
        return Error("cannot make " + dir + ": " + code.message());
    ::chmod(dir.c_str(), 0700);
    dir_fd_ = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lock_fd_ = ::open((settings_.dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir_fd_ < 0 || lock_fd_ < 0)
        return Error("cannot use the journal directory " + dir + ": " + errno_text());
    if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0)
        return Error(errno == EWOULDBLOCK ? "another process uses the journal directory " + dir
                                          : "cannot lock the journal directory " + dir + ": " + errno_text());
    const fs::path name = settings_.dir / "node";
    if (!fs::exists(name, code)) return write_file(name, settings_.node + "\n");
    auto owner = read_file(name, 4096);
    if (!owner) return owner.error();
    if (trim(*owner) != settings_.node)
        return Error("the journal directory " + dir + " belongs to node \"" + printable(trim(*owner)) +
                     "\", not to \"" + settings_.node + "\"");
    return {};
}

Result<void> Journal::recover() {
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(settings_.dir, code)) {
        auto first = segment_first(entry.path().filename().string());
        if (!first) continue;
        std::uint64_t size = entry.file_size(code);
        segments_[*first] = {entry.path(), size};
        size_ += size;
    }
    if (code) return Error("cannot read " + settings_.dir.string() + ": " + code.message());
    if (segments_.empty()) return begin_segment(1);

    auto& [first, segment] = *segments_.rbegin();
    fd_ = ::open(segment.path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
    if (fd_ < 0) return Error("cannot open " + segment.path.string() + ": " + errno_text());
    // Lines are numbered without gaps within a segment: counting them finds the last sequence.
    auto text = read_file(segment.path, UINT64_MAX);
    if (!text) return text.error();
    std::size_t whole = text->rfind('\n') == std::string::npos ? 0 : text->rfind('\n') + 1;
    if (whole < text->size()) {
        if (ftruncate(fd_, static_cast<off_t>(whole)) != 0)
            return Error("cannot cut the torn last line of " + segment.path.string() + ": " + errno_text());
        log::warn("journal_torn_line",
                  "a crash left half an event at the journal's end; it was never acknowledged and is cut off",
                  {{"file", segment.path.string()}, {"octets", text->size() - whole}});
        size_ -= text->size() - whole;
        segment.size = whole;
    }
    last_ = first - 1 +
            static_cast<std::uint64_t>(
                std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(whole), '\n'));
    if (whole > 0) {
        std::size_t start = whole >= 2 ? text->rfind('\n', whole - 2) : std::string::npos;
        start = start == std::string::npos ? 0 : start + 1;
        auto event = event::from_json(std::string_view(*text).substr(start, whole - 1 - start));
        if (!event || event->sequence != last_)
            return Error("the journal is damaged: the last line of " + segment.path.string() +
                         (event ? " has sequence " + std::to_string(event->sequence) + ", expected " +
                                      std::to_string(last_)
                                : " is no event: " + event.error().message));
    }
    return {};
}

Result<void> Journal::begin_segment(std::uint64_t first) {
    fs::path path = settings_.dir / segment_name(first);
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return Error("cannot make " + path.string() + ": " + errno_text(), true);
    if (fd_ >= 0) full_.push_back(fd_);
    fd_ = fd;
    segments_[first] = {std::move(path), 0};
    last_ = first - 1;
    unsynced_ = true;
    return {};
}

Result<std::uint64_t> Journal::append(event::Event event) {
    // All but the sequence is written out before the lock is taken.
    event.sequence = 0;
    std::string fields = event::to_json(event);
    fields += '\n';
    std::unique_lock lock(mutex_);
    if (segments_.rbegin()->second.size >= settings_.segment_size)
        if (auto begun = begin_segment(last_ + 1); !begun) {
            failed_ = true;
            return begun.error();
        }
    std::string start = "{\"sequence\":" + std::to_string(last_ + 1) + ",";
    std::array<iovec, 2> line{{{start.data(), start.size()}, {fields.data() + 1, fields.size() - 1}}};
    const std::size_t length = line[0].iov_len + line[1].iov_len;
    if (length > longest_line) return Error("an event of " + std::to_string(length) + " octets is too large");
    if (size_ + length > settings_.max_size)
        return Error("the journal has reached its size limit of " + std::to_string(settings_.max_size) +
                         " octets",
                     true);

    Segment& segment = segments_.rbegin()->second;
    ssize_t written;
    do
        written = ::writev(fd_, line.data(), line.size());
    while (written < 0 && errno == EINTR);
    failed_ = written != static_cast<ssize_t>(length);
    if (failed_) {
        Error error("cannot write to the journal: " +
                        (written < 0 ? errno_text() : std::string("the disk is full")),
                    true);
        // Half a line must not stand before the next event. Cutting works on a full disk, too.
        if (written > 0 && ftruncate(fd_, static_cast<off_t>(segment.size)) != 0)
            log::error("journal_not_cut", "half an event stays in the journal",
                       {{"file", segment.path.string()}});
        return error;
    }
    segment.size += length;
    size_ += length;
    unsynced_ = true;
    const std::uint64_t sequence = ++last_;
    const bool awaited = sequence > awaited_;
    lock.unlock();
    if (awaited) appended_.notify_one(); // else nobody is woken in vain: that costs more than the write
    return sequence;
}

bool Journal::full() const {
    std::lock_guard lock(mutex_);
    if (failed_) {
        const auto present = std::chrono::steady_clock::now();
        if (present - probed_ >= std::chrono::seconds(1)) {
            probed_ = present;
            failed_ = !probe();
        }
    }
    return failed_ || size_ + room > settings_.max_size;
}

bool Journal::probe() const {
    // Free blocks alone do not tell: there are quotas, read-only and broken disks.
    const std::string path = (settings_.dir / "probe").string();
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const std::string text(room, '\n');
    const bool fits = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    close(fd);
    ::unlink(path.c_str());
    return fits;
}

std::uint64_t Journal::last_sequence() const {
    std::lock_guard lock(mutex_);
    return last_;
}

std::uint64_t Journal::size() const {
    std::lock_guard lock(mutex_);
    return size_;
}

Result<void> Journal::sync() {
    std::lock_guard syncing(syncing_);
    auto done = sync_files();
    if (!done) {
        std::lock_guard lock(mutex_);
        failed_ = unsynced_ = true;
    }
    return done;
}

Result<void> Journal::sync_files() {
    std::vector<int> full;
    int current = -1;
    {
        std::lock_guard lock(mutex_);
        full.swap(full_);
        if (unsynced_) current = dup(fd_); // append() may give the original away
        unsynced_ = false;
    }
    bool failed = false;
    for (int fd : full) {
        failed |= fdatasync(fd) != 0;
        close(fd);
    }
    if (current >= 0) {
        failed |= fdatasync(current) != 0;
        failed |= fsync(dir_fd_) != 0;
        close(current);
    }
    if (failed) return Error("cannot sync the journal: " + errno_text(), true);
    return {};
}

void Journal::sync_loop() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
        stopping_.wait_for(lock, std::chrono::seconds(1), [&] { return stop_; });
        lock.unlock();
        if (auto done = sync(); !done) log::error("journal_sync_failed", done.error().message);
        lock.lock();
    }
}

} // namespace lazaret::store
