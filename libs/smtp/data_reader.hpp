#pragma once
// Reads the content after 354: finds its end, takes the dot-stuffing off, and makes line ends canonical.
// Only <CRLF>.<CRLF> ends it (RFC 5321 4.1.1.4, 2.3.8): anything looser is how messages are smuggled
// (CVE-2023-51764).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::smtp {

class DataReader {
  public:
    enum class Newlines { normalize, reject }; ///< what to do with a bare CR or LF
    explicit DataReader(Newlines newlines, std::uint64_t max_size)
        : newlines_(newlines), max_size_(max_size) {}

    /// Takes octets from the front of `input` until it is used up or the end is found, and appends content,
    /// un-stuffed and with canonical CRLF, to `content`. Returns how many octets it took: what stands behind
    /// the end belongs to the next command. In normalize a bare LF becomes CRLF, a bare CR a space, and CR CR
    /// LF becomes CRLF. Past max_size (0 = none), or after a fault that refuses the message, it goes on
    /// looking for the end but appends nothing.
    std::size_t feed(std::string_view input, std::string& content);

    bool finished() const { return finished_; }
    /// Something below that refuses the message has been seen.
    bool refused() const { return too_big_ || nul_ || (bare_newline_ && newlines_ == Newlines::reject); }
    bool too_big() const { return too_big_; }
    bool bare_newline() const { return bare_newline_; } ///< seen; refused where newlines are `reject`
    bool nul() const { return nul_; }                   ///< seen: always refused
    bool eight_bit() const { return eight_bit_; }
    std::uint64_t size() const { return size_; } ///< content octets so far, counted past the limit too

  private:
    enum class At { line_start, text, cr, dot, dot_cr };
    class Runs;
    void take(std::string_view run, std::string& content);
    Newlines newlines_;
    std::uint64_t max_size_, size_ = 0;
    At at_ = At::line_start;
    bool finished_ = false, too_big_ = false, bare_newline_ = false, nul_ = false, eight_bit_ = false;
};

/// Adds the dot-stuffing again while content goes to the next hop; keeps state between chunks.
class DotStuffer {
  public:
    void feed(std::string_view content, std::string& wire);
    /// ".CRLF", preceded by CRLF where the content did not end in one.
    void finish(std::string& wire);

  private:
    bool line_start_ = true;
    char last_ = '\n';
};

} // namespace lazaret::smtp
