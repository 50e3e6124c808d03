#include "submission/outgoing.hpp"

#include <algorithm>

namespace lazaret::submission {

namespace {
constexpr std::size_t block = 256 * 1024;
}

Result<std::size_t> Outgoing::read(std::uint64_t offset, std::span<char> into) const {
    std::size_t done = 0;
    if (offset < fields_.size()) done = fields_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
    const auto rest = into.subspan(done);
    const auto at = offset + done;
    if (rest.empty() || at < fields_.size()) return done;
    const auto got = spool_->read(at - fields_.size(), rest.data(), rest.size());
    if (!got) return got.error();
    return done + *got;
}

Result<std::string_view> Outgoing::next() {
    if (next_ < fields_.size()) {
        const auto piece = std::string_view(fields_).substr(static_cast<std::size_t>(next_));
        next_ = fields_.size();
        return piece;
    }
    const auto at = next_ - fields_.size();
    if (spool_->in_memory()) { // no copy
        next_ = size();
        return spool_->memory().substr(static_cast<std::size_t>(std::min<std::uint64_t>(at, spool_->memory().size())));
    }
    if (buffer_.empty()) buffer_.resize(block);
    const auto got = spool_->read(at, buffer_.data(), buffer_.size());
    if (!got) return got.error();
    next_ += *got;
    return std::string_view(buffer_.data(), *got);
}

} // namespace lazaret::submission
