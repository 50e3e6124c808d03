#include "submission/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lazaret::submission {

namespace {

Error system_error(std::string_view what, const std::filesystem::path& where) {
    return Error(std::string(what) + " in " + where.string() + ": " + std::strerror(errno), true);
}

} // namespace

bool SpoolMemory::take(std::size_t octets) {
    const auto wanted = static_cast<std::int64_t>(octets);
    if (left_.fetch_sub(wanted, std::memory_order_relaxed) >= wanted) return true;
    give_back(octets);
    return false;
}

Spool::~Spool() {
    if (taken_ > 0) shared_->give_back(taken_);
    if (file_ >= 0) ::close(file_);
}

Result<void> Spool::append(std::string_view content) {
    const std::size_t needed = memory_.size() + content.size();
    if (file_ < 0 && needed > own_ + taken_ && !grow(needed - own_ - taken_)) {
        if (auto opened = open_file(); !opened) return opened.error();
    }
    memory_.append(content);
    if (file_ >= 0 && memory_.size() >= own_) return write_out();
    return {};
}

/// Doubles, so that what was copied once is copied once more on the average.
bool Spool::grow(std::size_t least) {
    const std::size_t step = std::max(least, own_ + taken_);
    if (taken_ + step > shared_->most_of_one() || !shared_->take(step)) return false;
    taken_ += step;
    memory_.reserve(own_ + taken_);
    return true;
}

Result<void> Spool::open_file() {
    file_ = ::open(directory_->c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) { // a file system without O_TMPFILE
        std::string name = (*directory_ / "spool-XXXXXX").string();
        file_ = ::mkostemp(name.data(), O_CLOEXEC);
        if (file_ >= 0) ::unlink(name.c_str());
    }
    if (file_ < 0) return system_error("cannot make a spool file", *directory_);
    return {};
}

Result<void> Spool::write_out() {
    for (std::string_view octets = memory_; !octets.empty();) {
        const ssize_t n = ::pwrite(file_, octets.data(), octets.size(), static_cast<off_t>(file_size_));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return system_error("cannot write the spool file", *directory_);
        file_size_ += static_cast<std::uint64_t>(n);
        octets.remove_prefix(static_cast<std::size_t>(n));
    }
    if (taken_ > 0) {
        std::string().swap(memory_);
        shared_->give_back(std::exchange(taken_, 0));
    }
    memory_.clear();
    return {};
}

Result<std::size_t> Spool::read(std::uint64_t offset, char* into, std::size_t length) const {
    std::size_t done = 0;
    while (done < length && offset + done < file_size_) {
        const auto wanted = std::min<std::uint64_t>(length - done, file_size_ - offset - done);
        const ssize_t n = ::pread(file_, into + done, wanted, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return system_error("cannot read the spool file", *directory_);
        done += static_cast<std::size_t>(n);
    }
    if (done < length && offset + done >= file_size_) {
        const auto start = static_cast<std::size_t>(offset + done - file_size_);
        if (start < memory_.size()) {
            const auto n = std::min(length - done, memory_.size() - start);
            std::memcpy(into + done, memory_.data() + start, n);
            done += n;
        }
    }
    return done;
}

std::string_view Spool::beginning(std::uint64_t most, std::string& storage) const {
    const auto length = static_cast<std::size_t>(std::min(most, size()));
    if (in_memory()) return std::string_view(memory_).substr(0, length);
    storage.resize(length);
    const auto got = read(0, storage.data(), length);
    storage.resize(got ? *got : 0);
    return storage;
}

} // namespace lazaret::submission
