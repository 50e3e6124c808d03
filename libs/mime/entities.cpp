#include "mime/html.hpp"

#include "mime/charset.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace lazaret::mime {

namespace {

struct Entity {
    std::string_view name;
    char32_t character;
};

// Sorted by name. Of the HTML standard's 2231 names (13.5) those that mail programs write or tricks are made
// of.
constexpr std::array entities = {
    Entity{"AMP", '&'},
    Entity{"Aacute", 0xC1},
    Entity{"Auml", 0xC4},
    Entity{"Ccedil", 0xC7},
    Entity{"Eacute", 0xC9},
    Entity{"GT", '>'},
    Entity{"LT", '<'},
    Entity{"Ntilde", 0xD1},
    Entity{"Ouml", 0xD6},
    Entity{"QUOT", '"'},
    Entity{"Tab", '\t'},
    Entity{"Uuml", 0xDC},
    Entity{"ZeroWidthSpace", 0x200B},
    Entity{"aacute", 0xE1},
    Entity{"acirc", 0xE2},
    Entity{"aelig", 0xE6},
    Entity{"agrave", 0xE0},
    Entity{"amp", '&'},
    Entity{"apos", '\''},
    Entity{"aring", 0xE5},
    Entity{"atilde", 0xE3},
    Entity{"auml", 0xE4},
    Entity{"bull", 0x2022},
    Entity{"ccedil", 0xE7},
    Entity{"cent", 0xA2},
    Entity{"colon", ':'},
    Entity{"comma", ','},
    Entity{"commat", '@'},
    Entity{"copy", 0xA9},
    Entity{"deg", 0xB0},
    Entity{"dollar", '$'},
    Entity{"eacute", 0xE9},
    Entity{"ecirc", 0xEA},
    Entity{"egrave", 0xE8},
    Entity{"emsp", 0x2003},
    Entity{"ensp", 0x2002},
    Entity{"equals", '='},
    Entity{"euml", 0xEB},
    Entity{"euro", 0x20AC},
    Entity{"excl", '!'},
    Entity{"gt", '>'},
    Entity{"hellip", 0x2026},
    Entity{"iacute", 0xED},
    Entity{"icirc", 0xEE},
    Entity{"igrave", 0xEC},
    Entity{"iuml", 0xEF},
    Entity{"laquo", 0xAB},
    Entity{"ldquo", 0x201C},
    Entity{"lowbar", '_'},
    Entity{"lpar", '('},
    Entity{"lrm", 0x200E},
    Entity{"lsquo", 0x2018},
    Entity{"lt", '<'},
    Entity{"mdash", 0x2014},
    Entity{"middot", 0xB7},
    Entity{"nbsp", 0xA0},
    Entity{"ndash", 0x2013},
    Entity{"ntilde", 0xF1},
    Entity{"num", '#'},
    Entity{"oacute", 0xF3},
    Entity{"ocirc", 0xF4},
    Entity{"ograve", 0xF2},
    Entity{"oslash", 0xF8},
    Entity{"otilde", 0xF5},
    Entity{"ouml", 0xF6},
    Entity{"percnt", '%'},
    Entity{"period", '.'},
    Entity{"plus", '+'},
    Entity{"pound", 0xA3},
    Entity{"quest", '?'},
    Entity{"quot", '"'},
    Entity{"raquo", 0xBB},
    Entity{"rdquo", 0x201D},
    Entity{"reg", 0xAE},
    Entity{"rlm", 0x200F},
    Entity{"rpar", ')'},
    Entity{"rsquo", 0x2019},
    Entity{"sect", 0xA7},
    Entity{"semi", ';'},
    Entity{"shy", 0xAD},
    Entity{"sol", '/'},
    Entity{"szlig", 0xDF},
    Entity{"thinsp", 0x2009},
    Entity{"times", 0xD7},
    Entity{"trade", 0x2122},
    Entity{"uacute", 0xFA},
    Entity{"ucirc", 0xFB},
    Entity{"ugrave", 0xF9},
    Entity{"uuml", 0xFC},
    Entity{"yen", 0xA5},
    Entity{"zwj", 0x200D},
    Entity{"zwnj", 0x200C},
};
static_assert(std::is_sorted(entities.begin(), entities.end(),
                             [](auto& a, auto& b) { return a.name < b.name; }));

// What numbers 0x80-0x9F mean: windows-1252, by the HTML standard (13.2.5.80). 0: as written.
constexpr std::array<char16_t, 32> windows = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                              0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                              0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                              0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

struct Found {
    char32_t character;
    std::size_t length; // with "&" and ";"
};

int digit(char c, unsigned base) {
    const int value = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                               : 99;
    return value < static_cast<int>(base) ? value : -1;
}

std::optional<Found> numeric(std::string_view text) { // "&#..." at the front; digits without an end count too
    std::size_t i = 2;
    unsigned base = 10;
    if (i < text.size() && (text[i] | 0x20) == 'x') {
        base = 16;
        ++i;
    }
    const std::size_t first = i;
    char32_t value = 0;
    for (; i < text.size() && digit(text[i], base) >= 0; ++i)
        value = std::min<char32_t>(value * base + static_cast<char32_t>(digit(text[i], base)), 0x110000);
    if (i == first) return std::nullopt;
    if (i < text.size() && text[i] == ';') ++i;
    if (value >= 0x80 && value < 0xA0 && windows[value - 0x80]) value = windows[value - 0x80];
    if (value == 0) value = 0xFFFD;
    return Found{value, i};
}

std::optional<Found> named(std::string_view text) {
    std::size_t end = 1;
    while (end < text.size() && end < 20 &&
           ((text[end] >= 'a' && text[end] <= 'z') || (text[end] >= 'A' && text[end] <= 'Z')))
        ++end;
    const auto name = text.substr(1, end - 1);
    const auto found =
        std::lower_bound(entities.begin(), entities.end(), name,
                         [](const Entity& each, std::string_view wanted) { return each.name < wanted; });
    if (found == entities.end() || found->name != name) return std::nullopt;
    const bool ended = end < text.size() && text[end] == ';';
    if (!ended && found->character >= 0x100) return std::nullopt; // only old names may go without
    return Found{found->character, end + ended};
}

} // namespace

std::string decode_entities(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto at = text.find('&');
        out += text.substr(0, at);
        if (at == text.npos) break;
        text.remove_prefix(at);
        const auto found = text.starts_with("&#") ? numeric(text) : named(text);
        if (found)
            append_utf8(out, found->character);
        else
            out += '&';
        text.remove_prefix(found ? found->length : 1);
    }
    return out;
}

} // namespace lazaret::mime
