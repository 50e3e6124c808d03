#pragma once
// A reply of RFC 5321 4.2 with its enhanced code (RFC 3463, RFC 2034). Texts and codes live in replies.hpp
// only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lazaret::smtp {

/// "class.subject.detail"; klass 0 = the reply carries none (banner, EHLO, 354, 334, 221 may).
struct Enhanced {
    std::uint8_t klass = 0;
    std::uint16_t subject = 0, detail = 0;

    constexpr Enhanced() = default;
    constexpr Enhanced(unsigned c, unsigned s, unsigned d)
        : klass(static_cast<std::uint8_t>(c)), subject(static_cast<std::uint16_t>(s)),
          detail(static_cast<std::uint16_t>(d)) {}
    bool empty() const { return klass == 0; }
    std::string to_string() const; ///< "" when empty
    /// Of the start of a reply's text: "5.1.1 rest". nullopt when there is none.
    static std::optional<Enhanced> parse(std::string_view text);
    bool operator==(const Enhanced&) const = default;
};

/// Text may hold line feeds: one reply line each. Constructor on purpose (docs/hacking.md, compiler notes).
class Reply {
  public:
    Reply() = default;
    Reply(int code, Enhanced enhanced, std::string text)
        : code_(code), enhanced_(enhanced), text_(std::move(text)) {}
    int code() const { return code_; }
    const Enhanced& enhanced() const { return enhanced_; }
    const std::string& text() const { return text_; }
    bool positive() const { return code_ >= 200 && code_ < 400; }
    bool completed() const {
        return code_ >= 200 && code_ < 300;
    } ///< 2yz: done. A 354 to the final dot is none
    bool transient() const { return code_ >= 400 && code_ < 500; }
    bool permanent() const { return code_ >= 500 && code_ < 600; }
    /// Appends the octets for the wire: every line with the code, the enhanced code on each line (RFC 2034
    /// 4), CRLF, at most 512 octets a line (longer text is wrapped), control octets made harmless.
    void append_to(std::string& wire) const;
    /// The same, with the class's general code ("4.0.0") where the next hop gave none or one of another
    /// class: what we promise with ENHANCEDSTATUSCODES (RFC 2034 4) holds for relayed replies too. Leaves 1yz
    /// and 3yz alone.
    Reply with_enhanced() const;
    bool operator==(const Reply&) const = default;

  private:
    int code_ = 0;
    Enhanced enhanced_;
    std::string text_;
};

} // namespace lazaret::smtp
