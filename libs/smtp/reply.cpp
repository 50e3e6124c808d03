#include "smtp/reply.hpp"

#include <algorithm>
#include <charconv>

namespace lazaret::smtp {

namespace {

constexpr std::size_t max_line = 512; // with CRLF, RFC 5321 4.5.3.1.5

// Only what every client may see: RFC 5321 4.2 (HT, SP, printable ASCII). UTF-8 would need the client's
// consent.
char harmless(char c) {
    return (c >= ' ' && c <= '~') || c == '\t' ? c : '?';
}

// How much of `text` the next line takes, broken at a space where there is one.
std::size_t piece(std::string_view text, std::size_t room) {
    if (text.size() <= room) return text.size();
    const std::size_t space = text.rfind(' ', room);
    return space == std::string_view::npos || space == 0 ? room : space;
}

// Reads 1-3 digits (RFC 3463 2) and takes them off.
std::optional<unsigned> number(std::string_view& text) {
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 3), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

} // namespace

std::string Enhanced::to_string() const {
    if (empty()) return {};
    return std::to_string(klass) + '.' + std::to_string(subject) + '.' + std::to_string(detail);
}

std::optional<Enhanced> Enhanced::parse(std::string_view text) {
    if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') ||
        text[1] != '.') // RFC 3463 2
        return std::nullopt;
    const auto klass = static_cast<unsigned>(text[0] - '0');
    text.remove_prefix(2);
    const auto subject = number(text);
    if (!subject || text.empty() || text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
    const auto detail = number(text);
    if (!detail || (!text.empty() && text.front() != ' ' && text.front() != '\n')) return std::nullopt;
    return Enhanced(klass, *subject, *detail);
}

Reply Reply::with_enhanced() const {
    const auto klass = static_cast<unsigned>(code_ / 100);
    if ((klass != 2 && klass != 4 && klass != 5) || enhanced_.klass == klass) return *this;
    return Reply(code_, Enhanced(klass, 0, 0), text_);
}

void Reply::append_to(std::string& wire) const {
    const std::string code = std::to_string(code_);
    const std::string enhanced = enhanced_.to_string();
    const std::size_t room = max_line - 2 - 4 - (enhanced.empty() ? 0 : enhanced.size() + 1);
    std::string_view rest = text_;
    for (;;) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        const std::size_t taken = piece(line, room);
        // Behind the piece: the space it was broken at, or the line feed, is no text any more.
        const bool all = taken == rest.size();
        const bool at_break = !all && (rest[taken] == '\n' || rest[taken] == ' ');
        wire += code;
        wire += all ? ' ' : '-'; // RFC 5321 4.2.1; stays where the text is empty, RFC 4954 4
        wire += enhanced;        // on each line, RFC 2034 4
        if (!enhanced.empty() && taken > 0) wire += ' ';
        std::transform(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(taken),
                       std::back_inserter(wire), harmless);
        wire += "\r\n";
        if (all) return;
        rest.remove_prefix(taken + (at_break ? 1 : 0));
    }
}

} // namespace lazaret::smtp
