#include "mime/address_parts.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::mime {

namespace {

constexpr std::size_t longest_word = 128, longest_string = 320; // octets; RFC 5321 4.5.3.1.1 allows 64
constexpr std::size_t longest_literal = 70;                     // [IPv6:...]

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_local(char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7F && std::string_view("<>()[],;:\"@").find(c) == std::string_view::npos;
}

bool is_domain(char c) {
    return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// Where the quoted string that ends at `close` begins; where it begins nowhere, as much as could be one.
std::size_t string_begin(std::string_view text, std::size_t low, std::size_t close) {
    const auto least = close - std::min(close - low, longest_string);
    for (std::size_t at = close; at-- > least;) {
        if (text[at] != '"') continue;
        std::size_t slashes = 0;
        while (at - slashes > least && text[at - slashes - 1] == '\\') ++slashes;
        if (slashes % 2 == 0) return at;
    }
    return least;
}

/// The same for a comment; behind `close` where it begins nowhere.
std::size_t comment_begin(std::string_view text, std::size_t low, std::size_t close) {
    const auto least = close - std::min(close - low, longest_string);
    std::size_t depth = 0;
    for (std::size_t at = close + 1; at-- > least;) {
        if (text[at] == ')') ++depth;
        else if (text[at] == '(' && --depth == 0) return at;
    }
    return close + 1;
}

} // namespace

std::size_t at_sign_length(std::string_view text, std::size_t at) {
    const auto rest = text.substr(at);
    if (rest.starts_with('@')) return 1;
    if (rest.starts_with("\xEF\xBC\xA0") || rest.starts_with("\xEF\xB9\xAB")) return 3; // U+FF20, U+FE6B
    if (!rest.starts_with('%')) return 0;
    std::size_t length = 1; // "%40", "%2540", ...
    while (rest.substr(length).starts_with("25")) length += 2;
    return rest.substr(length).starts_with("40") ? length + 2 : 0;
}

std::optional<AtSign> next_at_sign(std::string_view text, std::size_t from) {
    for (; (from = text.find_first_of("@%\xEF", from)) != text.npos; ++from)
        if (const auto length = at_sign_length(text, from)) return AtSign{from, length};
    return std::nullopt;
}

std::size_t local_begin(std::string_view text, std::size_t low, std::size_t at) {
    low = std::max(low, at - std::min(at, longest_local));
    std::size_t begin = at;
    const auto skip_space = [&] {
        while (begin > low && is_space(text[begin - 1])) --begin;
    };
    skip_space();
    std::size_t word_end = begin;
    while (begin > low) {
        const char before = text[begin - 1];
        if (before == '"' && (begin == word_end || text[begin] == '.')) {
            begin = string_begin(text, low, begin - 1);
        } else if (before == ')' && begin == word_end) {
            const auto opened = comment_begin(text, low, begin - 1);
            if (opened == begin) break;
            begin = opened;
            skip_space();
            word_end = begin;
        } else if (is_local(before) && word_end - begin < longest_word) {
            --begin;
        } else {
            break;
        }
    }
    const auto is_inside = [&] { return begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80; };
    while (begin > low && is_inside()) --begin;
    return begin;
}

std::size_t domain_end(std::string_view text, std::size_t at) {
    if (at < text.size() && text[at] == '[') {
        const auto close = text.substr(at, longest_literal).find(']');
        return close == text.npos ? at : at + close + 1;
    }
    while (at < text.size() && is_domain(text[at])) ++at;
    return at;
}

std::string_view whole_words(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    auto end = most;
    while (end > 0 && !is_space(text[end])) --end;
    const auto behind = text.substr(0, most + longest_local);
    for (auto sign = next_at_sign(behind, end); sign; sign = next_at_sign(behind, sign->at + sign->length))
        end = std::min(end, local_begin(behind, 0, sign->at));
    return text.substr(0, end);
}

} // namespace lazaret::mime
