#include "scan/octets.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace lazaret::scan {

Result<std::size_t> MemoryOctets::read(std::uint64_t offset, std::span<char> into) const {
    if (offset >= octets_.size()) return std::size_t(0);
    return octets_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
}

Result<std::size_t> FileOctets::read(std::uint64_t offset, std::span<char> into) const {
    if (offset >= size_) return std::size_t(0);
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
    for (;;) {
        const auto count = ::pread(descriptor_, into.data(), wanted, static_cast<off_t>(begin_ + offset));
        if (count > 0 || (count == 0 && wanted == 0)) return static_cast<std::size_t>(count);
        if (count == 0) return Error("the message's file is shorter than it was");
        if (errno != EINTR) return Error("the message's file: " + std::generic_category().message(errno));
    }
}

} // namespace lazaret::scan
