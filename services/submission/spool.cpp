#include "submission/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lazaret::submission {

namespace {

constexpr std::size_t write_block = 256 * 1024;

Error system_error(std::string_view what, const std::filesystem::path& where) {
    return Error(std::string(what) + " in " + where.string() + ": " + std::strerror(errno), true);
}

} // namespace

Spool::~Spool() {
    if (file_ >= 0) ::close(file_);
}

Spool::Spool(Spool&& other) noexcept
    : memory_limit_(other.memory_limit_), directory_(other.directory_), memory_(std::move(other.memory_)),
      file_(std::exchange(other.file_, -1)), file_size_(std::exchange(other.file_size_, 0)) {}

Spool& Spool::operator=(Spool&& other) noexcept {
    std::swap(memory_limit_, other.memory_limit_);
    std::swap(directory_, other.directory_);
    std::swap(memory_, other.memory_);
    std::swap(file_, other.file_);
    std::swap(file_size_, other.file_size_);
    return *this;
}

Result<void> Spool::append(std::string_view content) {
    if (file_ < 0 && memory_.size() + content.size() > memory_limit_) {
        if (auto opened = open_file(); !opened) return opened.error();
    }
    memory_.append(content);
    if (file_ >= 0 && memory_.size() >= write_block) {
        if (auto written = write_out(memory_); !written) return written.error();
        memory_.clear();
    }
    return {};
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

Result<void> Spool::write_out(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t n = ::pwrite(file_, octets.data(), octets.size(), static_cast<off_t>(file_size_));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return system_error("cannot write the spool file", *directory_);
        file_size_ += static_cast<std::uint64_t>(n);
        octets.remove_prefix(static_cast<std::size_t>(n));
    }
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

} // namespace lazaret::submission
