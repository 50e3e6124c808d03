#pragma once
// The header section of a message while it streams in (RFC 5322 2.1): kept up to a limit, then asked for its
// fields.

#include "message/field.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::message {

/// Is fed content as it will be relayed (un-stuffed, CRLF line ends) until the section has ended: at the
/// blank line, at a line that can be no field (`malformed`), or with the content. Costs one memchr per line
/// and one copy of at most `keep` octets. Changes nothing in the message; never fails.
class HeaderReader {
  public:
    static constexpr std::size_t default_keep = 64 * 1024;

    HeaderReader() = default;
    explicit HeaderReader(std::size_t keep) : keep_(keep) {}

    /// Chunks of any size, cut anywhere. True once the section has ended; what comes after is ignored.
    bool feed(std::string_view content);
    /// The content is over. Harmless when the section has ended before.
    void finish();

    bool ended() const { return at_ == At::end; }
    /// Octets of the fields, without the blank line, also beyond what is kept. Grows until `ended`.
    std::uint64_t size() const { return size_; }
    /// Where the body begins: behind the blank line, or at once where there is none.
    std::uint64_t body_offset() const { return size_ + blank_line_; }
    bool has_blank_line() const { return blank_line_ != 0; }
    /// Ended by a line that is neither a field, nor a continuation of one, nor blank. MTAs take that for the
    /// body.
    bool malformed() const { return malformed_; }
    /// More octets than `keep`: only whole lines within it can be seen below.
    bool truncated() const { return truncated_; }

    std::string_view raw() const { return kept_; } ///< the kept lines; final once `ended`
    FieldCursor fields() const { return FieldCursor(kept_); }
    bool has(std::string_view name) const { return count(name) != 0; }
    std::size_t count(std::string_view name) const;
    /// Unfolded value of the first field of that name.
    std::optional<std::string> first(std::string_view name) const;
    /// The whole section has been seen and has no such field. With `truncated` nothing can be said to be
    /// missing.
    bool lacks(std::string_view name) const { return ended() && !truncated_ && !has(name); }
    /// What Lazaret adds goes in front of the content, at offset 0. This says whether a blank line must
    /// follow it, because the content begins with something that is no header and would be taken for one, or
    /// for the continuation of ours.
    bool needs_separator() const { return malformed_ && size_ == 0; }

  private:
    enum class At { line_start, cr, name, space, rest, end };
    void scan(std::string_view content);
    void end_section(bool malformed);
    void keep(std::string_view content, std::uint64_t begin);
    At step(char c) const; // what the octet makes of the beginning of a line; `end` = it can be no field

    std::size_t keep_ = default_keep;
    std::string kept_;
    std::uint64_t fed_ = 0;  // octets up to where the scan stands
    std::uint64_t size_ = 0; // octets of whole lines: where the line that is being read begins
    unsigned blank_line_ = 0;
    At at_ = At::line_start;
    bool malformed_ = false, truncated_ = false;
};

} // namespace lazaret::message
