#include "mime/words.hpp"

#include "core/text.hpp"
#include "mime/charset.hpp"
#include "mime/transfer.hpp"

#include <optional>

namespace lazaret::mime {

namespace {

constexpr std::size_t most_decoded = 64 * 1024; // a header section's worth

struct Word {
    std::string_view charset, text;
    char encoding = 'q';
    std::size_t length = 0; // in the value
};

/// "=?charset*language?encoding?text?=" at the front. `last_end`: of the last "?=" in the value, so that what has
/// none before it is not looked through once more for each word that only begins.
std::optional<Word> word_at(std::string_view value, std::size_t last_end) {
    if (!value.starts_with("=?")) return std::nullopt;
    const auto first = value.find('?', 2);
    if (first == value.npos || first == 2 || first > 80 || first + 2 >= value.size() ||
        value[first + 2] != '?')
        return std::nullopt;
    Word word;
    word.encoding = ascii_lower(value[first + 1]);
    if (word.encoding != 'q' && word.encoding != 'b') return std::nullopt;
    const auto begin = first + 3;
    const auto charset = value.substr(2, first - 2);
    if (begin > last_end || charset.find_first_of(" \t=") != charset.npos) return std::nullopt;
    // A "?" within the text would be wrong, but is written; the end is "?=".
    const auto end = value.find("?=", begin);
    if (end == value.npos) return std::nullopt;
    word.charset = charset.substr(0, charset.find('*')); // RFC 2231 5
    word.text = value.substr(begin, end - begin);
    word.length = end + 2;
    return word;
}

std::string octets_of(const Word& word) {
    if (word.text.empty()) return {};
    if (word.encoding == 'b') return decode(Encoding::base64, word.text);
    std::string out;
    for (std::size_t i = 0; i < word.text.size(); ++i) {
        const char c = word.text[i];
        if (c == '=' && i + 2 < word.text.size()) {
            if (const auto octet = hex_decode(ascii_lowercase(word.text.substr(i + 1, 2)))) {
                out += *octet;
                i += 2;
                continue;
            }
        }
        out += c == '_' ? ' ' : c;
    }
    return out;
}

bool is_space(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == text.npos;
}

std::string unquoted(std::string_view text) { // quotes and backslashes of quoted strings gone
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size())
            out += text[++i];
        else if (text[i] != '"')
            out += text[i];
    }
    return std::string(trim(out));
}

/// Of the first `wanted` outside quoted strings.
std::size_t find_unquoted(std::string_view text, std::string_view wanted) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && wanted.find(text[i]) != wanted.npos)
            return i;
    }
    return text.npos;
}

} // namespace

std::string decode_words(std::string_view value) {
    std::string out, octets; // octets: of neighbours of one charset, since characters are cut between words
    std::string_view charset;
    const auto flush = [&] {
        if (!octets.empty()) out += to_utf8(octets, charset, most_decoded);
        octets.clear();
    };
    const auto last = value.rfind("?=");
    const char* const last_end = last == value.npos ? value.data() : value.data() + last;
    while (!value.empty()) {
        const auto begin = value.find("=?");
        const auto before = value.substr(0, begin);
        const auto word = begin == value.npos || value.data() + begin > last_end
                              ? std::nullopt
                              : word_at(value.substr(begin), static_cast<std::size_t>(last_end - value.data()) - begin);
        const bool between = word && !octets.empty() && is_space(before);
        if (!between) {
            flush();
            out += to_utf8(before, "", most_decoded);
        }
        if (begin == value.npos) break;
        if (!word) {
            flush();
            out += "=?";
            value.remove_prefix(begin + 2);
            continue;
        }
        if (!ascii_iequals(charset, word->charset)) flush();
        charset = word->charset;
        octets += octets_of(*word);
        value.remove_prefix(begin + word->length);
    }
    flush();
    return out;
}

Mailbox first_mailbox(std::string_view value) {
    Mailbox out;
    const auto open = find_unquoted(value, "<,");
    if (open != value.npos && value[open] == '<') {
        const auto close = value.find('>', open);
        out.address = trim(value.substr(open + 1, close == value.npos ? close : close - open - 1));
        out.name = decode_words(unquoted(value.substr(0, open)));
        return out;
    }
    auto mailbox = value.substr(0, open);
    if (const auto comment = find_unquoted(mailbox, "("); comment != mailbox.npos) {
        const auto end = mailbox.rfind(')');
        if (end != mailbox.npos && end > comment)
            out.name = decode_words(unquoted(mailbox.substr(comment + 1, end - comment - 1)));
        mailbox = mailbox.substr(0, comment);
    }
    out.address = trim(mailbox);
    return out;
}

} // namespace lazaret::mime
