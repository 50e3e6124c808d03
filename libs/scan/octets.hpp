#pragma once
// A message as scanners read it: by position, so that several read side by side, each at its own pace.

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lazaret::scan {

/// Does not change while anybody reads. What it reads from belongs to whoever made it.
class Octets {
  public:
    virtual ~Octets() = default;
    virtual std::uint64_t size() const = 0;
    /// From `offset` as much as there is and as fits; 0 only at the end or where `into` is empty.
    virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const = 0;
};

class MemoryOctets final : public Octets {
  public:
    explicit MemoryOctets(std::string_view octets) : octets_(octets) {}
    std::uint64_t size() const override { return octets_.size(); }
    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const override;

  private:
    std::string_view octets_;
};

/// A regular file's descriptor, or a stretch of it. Reads do not move the file's own position.
class FileOctets final : public Octets {
  public:
    FileOctets(int descriptor, std::uint64_t begin, std::uint64_t size)
        : descriptor_(descriptor), begin_(begin), size_(size) {}
    std::uint64_t size() const override { return size_; }
    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const override;

  private:
    int descriptor_;
    std::uint64_t begin_, size_;
};

} // namespace lazaret::scan
