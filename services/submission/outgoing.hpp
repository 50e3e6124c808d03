#pragma once
// The message as the next hop gets it: our fields, then the spooled content. Scanners read the same octets by position,
// side by side, while nobody holds them once more.

#include "relay/transaction.hpp"
#include "scan/octets.hpp"
#include "submission/spool.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lazaret::submission {

class Outgoing final : public relay::Content, public scan::Octets {
  public:
    /// `fields`: whole header fields with CRLF, or "". The spool outlives it and does not grow any more.
    Outgoing(std::string fields, const Spool& spool) : fields_(std::move(fields)), spool_(&spool) {}

    /// One more field, in front of all; while nobody reads.
    void put_in_front(std::string_view field) { fields_.insert(0, field); }

    std::uint64_t size() const override { return fields_.size() + spool_->size(); }
    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const override;
    Result<std::string_view> next() override;

  private:
    std::string fields_, buffer_;
    const Spool* spool_;
    std::uint64_t next_ = 0; ///< where next() goes on
};

} // namespace lazaret::submission
