#include "programs/mail.hpp"

#include <charconv>
#include <cinttypes>
#include <cstdio>

namespace lazaret::bench {

namespace {

constexpr std::string_view header = "From: Ann Sender <ann@bench.example>\r\n"
                                    "To: a box <box@bench.example>\r\n"
                                    "Subject: Minutes of the meeting about the new building\r\n"
                                    "Date: Mon, 2 Nov 2026 09:30:00 +0100\r\n"
                                    "Message-ID: <20261102093000.4711@bench.example>\r\n"
                                    "MIME-Version: 1.0\r\n"
                                    "Content-Type: text/plain; charset=us-ascii\r\n"
                                    "\r\n";

// Prose, so that content rules find words, and one line that begins with a dot.
constexpr std::string_view paragraph = "The house committee met in the small hall; eleven members came and two\r\n"
                                       "had excused themselves. The plan of the architect was read aloud, then\r\n"
                                       "the offers of three builders were compared: roof, windows and heating.\r\n"
                                       "..and so on, says the second offer, which the treasurer found too vague.\r\n"
                                       "A decision was put off until the surveyor has seen the northern wall.\r\n"
                                       "\r\n";

constexpr std::string_view prefix = "box";
constexpr int digits = 12;

} // namespace

std::string make_content(std::size_t size) {
    std::string out(header);
    while (out.size() + paragraph.size() < size)
        out += paragraph;
    while (out.size() < size) { // the rest in lines of at most 72 octets
        const auto rest = size - out.size();
        out.append(rest > 72 ? 70 : rest > 2 ? rest - 2 : 1, 'x').append("\r\n");
    }
    return out + ".\r\n";
}

std::string recipient_of(std::uint64_t number) {
    char text[64];
    std::snprintf(text, sizeof text, "box%0*" PRIu64 "@bench.example", digits, number);
    return text;
}

std::uint64_t number_in(std::string_view command) {
    const auto at = command.find(prefix);
    std::uint64_t number = 0;
    if (at != std::string_view::npos) {
        const auto* begin = command.data() + at + prefix.size();
        std::from_chars(begin, command.data() + command.size(), number);
    }
    return number;
}

void Fingerprint::add(std::uint64_t number) {
    // Multiplications and shifts spread each number over all bits before it is added.
    auto spread = number * 0x9e3779b97f4a7c15u;
    spread = (spread ^ (spread >> 32)) * 0xd6e8feb86659fd93u;
    sum_ += spread ^ (spread >> 29);
}

std::string Fingerprint::hex() const {
    char text[32];
    std::snprintf(text, sizeof text, "%016" PRIx64, sum_);
    return text;
}

} // namespace lazaret::bench
