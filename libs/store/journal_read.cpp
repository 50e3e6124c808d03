// The shipper's side of the journal.
#include "store/files.hpp"
#include "store/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lazaret::store {

namespace fs = std::filesystem;

namespace {

/// Hands whole lines of a file to `take` from `offset` on until it wants no more; gives the offset after the
/// last line taken.
template <class Take>
Result<std::uint64_t> read_lines(const fs::path& path, std::uint64_t offset, Take take) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Error("cannot open " + path.string() + ": " + errno_text());
    FileDescriptor closer(fd);
    std::string buffer;
    std::size_t begin = 0;
    for (;;) {
        std::size_t end = buffer.find('\n', begin);
        if (end != std::string::npos) {
            if (!take(std::string_view(buffer).substr(begin, end - begin))) return offset + begin;
            begin = end + 1;
            continue;
        }
        offset += begin;
        buffer.erase(0, begin);
        begin = 0;
        std::size_t held = buffer.size();
        buffer.resize(held + (256u << 10));
        ssize_t got =
            pread(fd, buffer.data() + held, buffer.size() - held, static_cast<off_t>(offset + held));
        if (got < 0 && errno != EINTR) return Error("cannot read " + path.string() + ": " + errno_text());
        buffer.resize(held + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) return offset;
    }
}

} // namespace

Result<std::vector<Journal::Line>> Journal::read_after(std::uint64_t sequence, std::size_t limit) const {
    std::uint64_t last = 0;
    std::vector<std::pair<std::uint64_t, fs::path>> segments;
    {
        std::lock_guard lock(mutex_);
        last = last_;
        auto from = segments_.upper_bound(sequence + 1);
        if (from != segments_.begin()) --from;
        for (; from != segments_.end(); ++from)
            segments.emplace_back(from->first, from->second.path);
    }
    std::vector<Line> lines;
    for (const auto& [first, path] : segments) {
        if (lines.size() == limit) break;
        // Reading usually goes on where it stopped; otherwise lines before the wanted one are counted from
        // the segment's start.
        Cursor at{first, first, 0};
        if (cursor_.segment == first && cursor_.next <= std::max(sequence + 1, first)) at = cursor_;
        auto offset = read_lines(path, at.offset, [&](std::string_view line) {
            if (lines.size() == limit || at.next > last) return false;
            if (at.next > sequence) lines.push_back({at.next, std::string(line)});
            ++at.next;
            return true;
        });
        if (!offset) return offset.error();
        at.offset = *offset;
        cursor_ = at;
    }
    return lines;
}

bool Journal::wait_beyond(std::uint64_t sequence, Duration timeout) {
    std::unique_lock lock(mutex_);
    awaited_ = sequence;
    appended_.wait_for(lock, timeout, [&] { return last_ > sequence || interrupted_; });
    awaited_ = UINT64_MAX;
    interrupted_ = stop_;
    return last_ > sequence;
}

void Journal::interrupt() {
    std::lock_guard lock(mutex_);
    interrupted_ = true;
    appended_.notify_all();
}

Result<void> Journal::remove_through(std::uint64_t sequence) {
    std::vector<fs::path> gone;
    {
        std::lock_guard lock(mutex_);
        while (segments_.size() > 1 && std::next(segments_.begin())->first <= sequence + 1) {
            size_ -= segments_.begin()->second.size;
            gone.push_back(segments_.begin()->second.path);
            segments_.erase(segments_.begin());
        }
    }
    for (const fs::path& path : gone)
        if (unlink(path.c_str()) != 0 && errno != ENOENT)
            return Error("cannot remove " + path.string() + ": " + errno_text());
    return {};
}

Result<void> Journal::advance_to(std::uint64_t sequence) {
    std::lock_guard lock(mutex_);
    if (sequence <= last_) return {};
    return begin_segment(sequence + 1);
}

} // namespace lazaret::store
