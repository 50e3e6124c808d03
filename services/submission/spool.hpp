#pragma once
// The content of one message while it waits for its verdict: in memory, and where that is scarce in an unlinked file, which
// the kernel removes whatever happens to us. Nothing here survives a crash, and need not: the client has had no reply yet.

#include "core/result.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace lazaret::submission {

/// Memory that the messages of all threads share beyond the little that each has for itself.
class SpoolMemory {
  public:
    explicit SpoolMemory(std::uint64_t octets) : most_of_one_(octets / 8), left_(static_cast<std::int64_t>(octets)) {}
    /// False, and nothing taken, when so much is not left.
    bool take(std::size_t octets);
    void give_back(std::size_t octets) { left_.fetch_add(static_cast<std::int64_t>(octets), std::memory_order_relaxed); }
    std::uint64_t most_of_one() const { return most_of_one_; } ///< so that a few large messages do not have it all

  private:
    const std::uint64_t most_of_one_;
    std::atomic<std::int64_t> left_;
};

class Spool {
  public:
    /// Both outlive it. `own` octets are held in memory whatever the others do.
    Spool(std::size_t own, SpoolMemory& shared, const std::filesystem::path& directory)
        : own_(own), shared_(&shared), directory_(&directory) {}
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// Takes the octets; an error (transient) when the disk is full or the folder cannot be written.
    Result<void> append(std::string_view content);
    std::uint64_t size() const { return file_size_ + memory_.size(); }
    bool in_memory() const { return file_ < 0; }
    /// All of it where in_memory(); else what has not been written yet.
    std::string_view memory() const { return memory_; }
    /// Up to `length` octets from `offset` into `into`; fewer only at the end.
    Result<std::size_t> read(std::uint64_t offset, char* into, std::size_t length) const;
    /// Its first octets, `most` at most, until it grows: of what is in memory a view, of a file in `storage`, where it can be read.
    std::string_view beginning(std::uint64_t most, std::string& storage) const;

  private:
    bool grow(std::size_t least);
    Result<void> open_file();
    Result<void> write_out();

    std::size_t own_;
    SpoolMemory* shared_;
    const std::filesystem::path* directory_;
    std::string memory_;
    std::size_t taken_ = 0; ///< of the shared memory
    int file_ = -1;
    std::uint64_t file_size_ = 0;
};

} // namespace lazaret::submission
