#pragma once
// The content of one message while it waits for its verdict: in memory, and from a set size on in an unlinked file, which
// the kernel removes whatever happens to us. Nothing here survives a crash, and need not: the client has had no reply yet.

#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace lazaret::submission {

class Spool {
  public:
    Spool(std::size_t memory_limit, const std::filesystem::path& directory)
        : memory_limit_(memory_limit), directory_(&directory) {}
    ~Spool();
    Spool(Spool&&) noexcept;
    Spool& operator=(Spool&&) noexcept;

    /// Takes the octets; an error (transient) when the disk is full or the folder cannot be written.
    Result<void> append(std::string_view content);
    std::uint64_t size() const { return file_size_ + memory_.size(); }
    bool in_memory() const { return file_ < 0; }
    /// All of it where in_memory(); else what has not been written yet.
    std::string_view memory() const { return memory_; }
    /// Up to `length` octets from `offset` into `into`; fewer only at the end.
    Result<std::size_t> read(std::uint64_t offset, char* into, std::size_t length) const;

  private:
    Result<void> open_file();
    Result<void> write_out(std::string_view octets);

    std::size_t memory_limit_;
    const std::filesystem::path* directory_; // lives in the settings that the transaction holds
    std::string memory_;
    int file_ = -1;
    std::uint64_t file_size_ = 0;
};

} // namespace lazaret::submission
