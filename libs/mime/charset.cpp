#include "mime/charset.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include <iconv.h>

namespace lazaret::mime {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr const char* western = "WINDOWS-1252";

struct Charset {
    std::string_view key; // letters and digits of the name, in lower case
    const char* iconv;
};

// Sorted by key. The names of the IANA registry that mail uses, and the aliases seen in mail.
constexpr std::array charsets = {
    Charset{"936", "GB18030"},
    Charset{"949", "CP949"},
    Charset{"950", "BIG5-HKSCS"},
    Charset{"ansix341968", western},
    Charset{"ascii", western},
    Charset{"big5", "BIG5-HKSCS"},
    Charset{"big5hkscs", "BIG5-HKSCS"},
    Charset{"cp1250", "WINDOWS-1250"},
    Charset{"cp1251", "WINDOWS-1251"},
    Charset{"cp1252", western},
    Charset{"cp437", "CP437"},
    Charset{"cp850", "CP850"},
    Charset{"cp866", "CP866"},
    Charset{"cp932", "CP932"},
    Charset{"cp936", "GB18030"},
    Charset{"cp949", "CP949"},
    Charset{"euccn", "GB18030"},
    Charset{"eucjp", "EUC-JP"},
    Charset{"euckr", "CP949"},
    Charset{"gb18030", "GB18030"},
    Charset{"gb2312", "GB18030"},
    Charset{"gbk", "GB18030"},
    Charset{"ibm437", "CP437"},
    Charset{"ibm850", "CP850"},
    Charset{"ibm866", "CP866"},
    Charset{"iso2022jp", "ISO-2022-JP"},
    Charset{"iso88591", western},
    Charset{"iso885910", "ISO-8859-10"},
    Charset{"iso885913", "ISO-8859-13"},
    Charset{"iso885914", "ISO-8859-14"},
    Charset{"iso885915", "ISO-8859-15"},
    Charset{"iso885916", "ISO-8859-16"},
    Charset{"iso88592", "ISO-8859-2"},
    Charset{"iso88593", "ISO-8859-3"},
    Charset{"iso88594", "ISO-8859-4"},
    Charset{"iso88595", "ISO-8859-5"},
    Charset{"iso88596", "ISO-8859-6"},
    Charset{"iso88597", "ISO-8859-7"},
    Charset{"iso88598", "ISO-8859-8"},
    Charset{"iso88598i", "ISO-8859-8"},
    Charset{"iso88599", "WINDOWS-1254"},
    Charset{"koi8r", "KOI8-R"},
    Charset{"koi8u", "KOI8-U"},
    Charset{"ksc56011987", "CP949"},
    Charset{"latin1", western},
    Charset{"macintosh", "MACINTOSH"},
    Charset{"shiftjis", "CP932"},
    Charset{"sjis", "CP932"},
    Charset{"tis620", "CP874"},
    Charset{"usascii", western},
    Charset{"utf16", "UTF-16"},
    Charset{"utf16be", "UTF-16BE"},
    Charset{"utf16le", "UTF-16LE"},
    Charset{"utf32", "UTF-32"},
    Charset{"utf32be", "UTF-32BE"},
    Charset{"utf32le", "UTF-32LE"},
    Charset{"utf7", "UTF-7"},
    Charset{"utf8", "UTF-8"},
    Charset{"windows1250", "WINDOWS-1250"},
    Charset{"windows1251", "WINDOWS-1251"},
    Charset{"windows1252", western},
    Charset{"windows1253", "WINDOWS-1253"},
    Charset{"windows1254", "WINDOWS-1254"},
    Charset{"windows1255", "WINDOWS-1255"},
    Charset{"windows1256", "WINDOWS-1256"},
    Charset{"windows1257", "WINDOWS-1257"},
    Charset{"windows1258", "WINDOWS-1258"},
    Charset{"windows31j", "CP932"},
    Charset{"windows874", "CP874"},
    Charset{"xsjis", "CP932"},
};
static_assert(std::is_sorted(charsets.begin(), charsets.end(),
                             [](auto& a, auto& b) { return a.key < b.key; }));

const char* find_charset(std::string_view name) {
    std::string key;
    for (const char c : name.substr(0, 64)) {
        const char lower = ascii_lower(c);
        if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) key += lower;
    }
    const auto found =
        std::lower_bound(charsets.begin(), charsets.end(), key,
                         [](const Charset& each, const std::string& wanted) { return each.key < wanted; });
    return found != charsets.end() && found->key == key ? found->iconv : nullptr;
}

/// Octets of the UTF-8 character at the front (RFC 3629 4); 0 where there is none.
std::size_t character_length(std::string_view text) {
    const auto octet = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const auto next = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return octet(i) >= low && octet(i) <= high;
    };
    const unsigned first = octet(0);
    if (first < 0x80) return text.empty() ? 0 : 1;
    if (first >= 0xC2 && first <= 0xDF) return next(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF)
        return next(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && next(2) ? 3 : 0;
    if (first >= 0xF0 && first <= 0xF4)
        return next(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) && next(2) && next(3) ? 4
                                                                                                       : 0;
    return 0;
}

/// Octets of a character at the front that is not seen and separates nothing; 0 for others. Of Unicode's
/// Default_Ignorable_Code_Point those that stand in letters of people and of those who hide words.
std::size_t invisible_length(std::string_view text) {
    const auto octet = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const unsigned b = octet(1), c = octet(2), d = octet(3);
    const auto in = [](unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; };
    switch (octet(0)) {
    case 0xC2: return b == 0xAD ? 2 : 0;                 // U+00AD
    case 0xCD: return b == 0x8F ? 2 : 0;                 // U+034F
    case 0xD8: return b == 0x9C ? 2 : 0;                 // U+061C
    case 0xE1:                                           // U+115F-60, U+17B4-5, U+180B-F
        return (b == 0x85 && in(c, 0x9F, 0xA0)) || (b == 0x9E && in(c, 0xB4, 0xB5)) ||
                       (b == 0xA0 && in(c, 0x8B, 0x8F))
                   ? 3
                   : 0;
    case 0xE2: // U+200B-F, U+202A-E, U+2060-F
        return (b == 0x80 && (in(c, 0x8B, 0x8F) || in(c, 0xAA, 0xAE))) || (b == 0x81 && in(c, 0xA0, 0xAF)) ? 3 : 0;
    case 0xE3: return b == 0x85 && c == 0xA4 ? 3 : 0; // U+3164
    case 0xEF: // U+FE00-F, U+FEFF, U+FFA0
        return (b == 0xB8 && in(c, 0x80, 0x8F)) || (b == 0xBB && c == 0xBF) || (b == 0xBE && c == 0xA0) ? 3 : 0;
    case 0xF3: // U+E0000-7F, U+E0100-EF
        return (b == 0xA0 && (in(c, 0x80, 0x81) || in(c, 0x84, 0x86) || (c == 0x87 && in(d, 0x80, 0xAF)))) ? 4 : 0;
    default: return 0;
    }
}

std::string repaired(std::string_view text, std::size_t most) {
    std::string out;
    out.reserve(std::min(text.size(), most));
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const auto character = length ? text.substr(0, length) : replacement;
        if (out.size() + character.size() > most) break;
        out += character;
        text.remove_prefix(length ? length : 1);
    }
    return out;
}

class Converter {
  public:
    explicit Converter(const char* charset) : handle_(iconv_open("UTF-8", charset)) {}
    ~Converter() {
        if (open()) iconv_close(handle_);
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;
    bool open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

    std::string run(std::string_view octets, std::size_t most) {
        std::string out;
        std::array<char, 4096> buffer;
        auto* in = const_cast<char*>(octets.data()); // iconv's type; it does not write there
        std::size_t left = octets.size();
        while (left > 0 && out.size() < most) {
            char* to = buffer.data();
            std::size_t room = buffer.size();
            const auto rc = iconv(handle_, &in, &left, &to, &room);
            out.append(buffer.data(), buffer.size() - room);
            if (rc != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
            out += replacement; // EILSEQ or a cut character at the end: one octet on
            ++in;
            --left;
        }
        return cut_utf8(out, most);
    }

  private:
    iconv_t handle_;
};

} // namespace

std::string cut_utf8(std::string_view valid, std::size_t most) {
    if (valid.size() <= most) return std::string(valid);
    while (most > 0 && (static_cast<unsigned char>(valid[most]) & 0xC0) == 0x80)
        --most;
    return std::string(valid.substr(0, most));
}

bool is_known_charset(std::string_view charset) {
    return find_charset(charset) != nullptr;
}

std::string to_utf8(std::string_view octets, std::string_view charset, std::size_t most) {
    const char* from = find_charset(charset);
    const std::string_view name = from ? from : "";
    const bool ascii_based = !name.starts_with("UTF-16") && !name.starts_with("UTF-32") && name != "UTF-7" &&
                             name != "ISO-2022-JP";
    if (ascii_based && is_ascii(octets)) return std::string(octets.substr(0, most));
    // UTF-8 under a wrong name is common, and hardly any other text is valid UTF-8 by chance.
    if (name == "UTF-8" || ((!from || from == western) && is_valid_utf8(octets)))
        return repaired(octets, most);
    Converter converter(from ? from : western);
    return converter.open() ? converter.run(octets, most) : repaired(octets, most);
}

void append_utf8(std::string& out, char32_t character) {
    const auto put = [&](char32_t octet) { out += static_cast<char>(static_cast<unsigned char>(octet)); };
    if (character < 0x80) {
        put(character);
    } else if (character < 0x800) {
        put(0xC0 | character >> 6);
        put(0x80 | (character & 0x3F));
    } else if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) {
        out += replacement;
    } else if (character < 0x10000) {
        put(0xE0 | character >> 12);
        put(0x80 | (character >> 6 & 0x3F));
        put(0x80 | (character & 0x3F));
    } else {
        put(0xF0 | character >> 18);
        put(0x80 | (character >> 12 & 0x3F));
        put(0x80 | (character >> 6 & 0x3F));
        put(0x80 | (character & 0x3F));
    }
}

std::size_t remove_invisible(std::string& utf8) {
    if (is_ascii(utf8)) return 0;
    std::size_t removed = 0, to = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        if (static_cast<unsigned char>(utf8[at]) < 0xC2) {
            utf8[to++] = utf8[at++];
            continue;
        }
        const auto rest = std::string_view(utf8).substr(at);
        if (const auto length = invisible_length(rest)) {
            at += length;
            ++removed;
        } else if (rest.starts_with("\xC2\xA0")) { // U+00A0
            utf8[to++] = ' ';
            at += 2;
        } else {
            utf8[to++] = utf8[at++];
        }
    }
    utf8.resize(to);
    return removed;
}

} // namespace lazaret::mime
