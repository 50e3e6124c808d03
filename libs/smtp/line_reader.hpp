#pragma once
// Splits what a client sends into command lines. Only CRLF ends a line (RFC 5321 2.3.8).
// Owned by the session; holds no memory while nothing is buffered, since most sessions wait most of the time.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::smtp {

/// feed() what the socket gave, call next() until it says need_more, then read again. In DATA take the octets
/// from rest() and consume() what DataReader took. Memory is bounded by one line's limit plus the largest
/// piece fed.
class LineReader {
  public:
    /// RFC 5321 4.5.3.1.4 asks for 512; MAIL with all parameters that we know may have 1180 (RFC 1870, 3461,
    /// 4954, 6152, 6531).
    static constexpr std::size_t command_limit = 2048;
    static constexpr std::size_t auth_limit =
        12288; ///< RFC 4954 4: AUTH itself and the lines of its exchange

    enum class Next {
        need_more,
        line,     ///< `line` holds it without its CRLF, valid until the next call; may hold any octet but LF
        too_long, ///< one such line has just ended, and was swallowed: answer once, go on
        bare_lf,  ///< a LF without its CR: answer once and close, the tail is not to be believed
    };

    void feed(std::string_view input);
    /// Limits count the CRLF. `exchange`: in the lines of an AUTH exchange, where every line may have
    /// auth_limit.
    Next next(std::string_view& line, bool exchange = false);

    /// What next() would give out now, without taking it: nothing unless a whole line that is well stands there. Valid
    /// until the next call.
    std::optional<std::string_view> peek() const;

    /// What is buffered and not yet given out: the client did not wait (pipelining), or the begin of the
    /// content.
    std::string_view rest() const { return std::string_view(buffer_).substr(begin_); }
    void consume(std::size_t octets);
    /// Forgets everything buffered (STARTTLS, RFC 3207 4.2).
    void clear();

  private:
    void release();

    std::string buffer_;
    std::size_t begin_ = 0;   // what stands before was given out
    std::size_t scanned_ = 0; // no LF between begin_ and here
    bool swallowing_ = false, last_swallowed_cr_ = false;
};

} // namespace lazaret::smtp
