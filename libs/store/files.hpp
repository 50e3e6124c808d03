#pragma once
// Small whole files, written so that a crash leaves the old or the new one.

#include "core/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace lazaret::store {

/// Of errno, now.
std::string errno_text();

/// Closes when it goes.
class FileDescriptor {
  public:
    explicit FileDescriptor(int fd) : fd_(fd) {}
    ~FileDescriptor();
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

/// Temporary file beside it, fsync, rename, fsync of the folder. Mode 0600.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);

} // namespace lazaret::store
