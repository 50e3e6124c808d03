#pragma once
// A log file that is followed by name: through rotation (renamed, or copied and truncated) and across
// restarts, each line once.

#include "core/result.hpp"
#include "engine/log_source.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lazaret::engine {

class LogFile final : public LogSource {
  public:
    /// Goes on at (`inode`, `offset`), in the rotated file where that is still in the same folder; 0, 0 =
    /// from the beginning.
    LogFile(std::filesystem::path path, std::uint64_t inode, std::uint64_t offset);
    ~LogFile() override;
    LogFile(LogFile&& other) noexcept;
    LogFile& operator=(LogFile&&) = delete;

    /// A file that does not exist has no lines. Lines beyond 64 KiB are left out.
    Result<std::vector<std::string>> read() override;
    void tell_position(store::LogPosition& position) const override {
        position.inode = inode_;
        position.offset = offset_;
    }
    bool is_there() const override { return fd_ >= 0; } ///< since the last read()

    std::uint64_t inode() const { return inode_; }
    std::uint64_t offset() const { return offset_; } ///< behind the last line that read() returned

  private:
    Result<bool> open();
    bool has_been_replaced();
    void close();

    std::filesystem::path path_;
    int fd_ = -1;
    std::uint64_t inode_ = 0, offset_ = 0;
    int quiet_reads_ = 0;
};

} // namespace lazaret::engine
