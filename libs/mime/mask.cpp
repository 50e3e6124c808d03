#include "mime/mask.hpp"

#include "core/text.hpp"
#include "mime/address_parts.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace lazaret::mime {

namespace {

constexpr std::size_t shortest_name = 3, least_digits = 6, long_run = 24;

/// Local parts that are nobody's name, and stand in sentences about mail.
constexpr std::array<std::string_view, 26> no_names{
    "abuse",  "account", "address", "admin",      "blocked",   "contact",    "dkim",  "dmarc",  "domain", "host",    "info", "list",   "listed",
    "mail",   "mailbox", "office",  "postmaster", "recipient", "reputation", "sales", "sender", "spam",   "spf",     "support", "unknown", "user"};

bool is_beyond_ascii(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}

/// Octets of what is at the front of UTF-8 and neither letter nor digit, 0 for what is one. Beyond US-ASCII everything is a
/// letter but spaces, quotation marks and their like.
std::size_t mark_length(std::string_view text) {
    if (!is_beyond_ascii(text[0])) return ascii_is_alnum(text[0]) ? 0 : 1;
    const std::size_t length = text[0] == '\xC2' ? 2 : text.starts_with("\xE2\x80") || text.starts_with("\xE3\x80") ? 3 : 0;
    return std::min(length, text.size());
}

std::string_view word_at_front(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && mark_length(text.substr(length)) == 0) ++length;
    return text.substr(0, length);
}

/// What base64, hexadecimal digits and the like are made of.
bool is_code(char c) {
    return ascii_is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

bool may_be_encoded(std::string_view run) {
    if (run.size() < long_run) return false;
    for (std::size_t i = 0; i < run.size(); ++i)
        if (ascii_is_digit(run[i]) || run[i] == '=' || run[i] == '+' || (i > 0 && ascii_is_lower(run[i - 1]) && ascii_is_upper(run[i]))) return true;
    return false;
}

/// Between two digits there are at most two signs that separate them.
void hide_digits(std::string& text, std::size_t from) {
    for (std::size_t begin = from; begin < text.size(); ++begin) {
        if (!ascii_is_digit(text[begin])) continue;
        std::size_t digits = 0, end = begin, gap = 0;
        for (std::size_t at = begin; at < text.size() && gap <= 2; ++at) {
            if (ascii_is_digit(text[at])) ++digits, end = at + 1, gap = 0;
            else if (std::string_view(" -./()").find(text[at]) != std::string_view::npos) ++gap;
            else break;
        }
        if (digits >= least_digits)
            std::replace_if(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end),
                            ascii_is_digit, '*');
        begin = end;
    }
}

struct Link {
    std::size_t begin, end;
};

/// "scheme://" and what follows up to white space or a sign that ends it.
std::optional<Link> next_link(std::string_view text) {
    for (std::size_t at = 0; (at = text.find("://", at)) != text.npos; ++at) {
        std::size_t begin = at;
        while (begin > 0 && ascii_is_alnum(text[begin - 1])) --begin;
        if (begin == at) continue;
        std::size_t end = at + 3;
        while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' &&
               std::string_view("<>\"'\x7F").find(text[end]) == std::string_view::npos)
            ++end;
        return Link{begin, end};
    }
    return std::nullopt;
}

class Writer {
    static constexpr auto hidden = Mask::hidden;

  public:
    Writer(const std::unordered_set<std::string>& names, Mask::Of what, std::string& out)
        : names_(names), what_(what), out_(out) {}

    void write(std::string_view text) {
        while (const auto found = next_link(text)) {
            plain(text.substr(0, found->begin));
            link(text.substr(found->begin, found->end - found->begin));
            text.remove_prefix(found->end);
        }
        plain(text);
    }

  private:
    void plain(std::string_view text) {
        std::size_t done = 0, domain = 0; // the domain of the address before, if there was one, ends there
        bool is_literal = false;          // that domain is "[...]"
        const auto write_until = [&](std::size_t end) {
            const auto stays = std::clamp(domain, done, end);
            out_ += text.substr(done, stays - done);
            words(text.substr(stays, end - stays), what_ == Mask::Of::prose);
            done = end;
        };
        for (auto sign = next_at_sign(text, 0); sign; sign = next_at_sign(text, done)) {
            const auto begin = local_begin(text, done, sign->at);
            write_until(begin);
            if (begin < sign->at) out_ += hidden;
            out_ += text.substr(sign->at, sign->length);
            done = sign->at + sign->length;
            if (domain <= done || is_literal) { // else the run of octets that was looked through for the sign before
                is_literal = text.substr(done).starts_with('[');
                domain = domain_end(text, done);
            }
        }
        write_until(text.size());
    }

    void words(std::string_view text, bool hides_digits) {
        const auto begun = out_.size();
        while (!text.empty()) {
            std::size_t length = 0;
            while (length < text.size() && is_code(text[length])) ++length;
            if (may_be_encoded(text.substr(0, length))) {
                out_ += hidden;
                text.remove_prefix(length);
                continue;
            }
            // The run with the letters beyond US-ASCII that belong to its last word, word by word.
            do {
                const auto word = word_at_front(text);
                const auto piece = text.substr(0, word.empty() ? mark_length(text) : word.size());
                out_ += what_ != Mask::Of::field && names_.contains(ascii_lowercase(word)) ? hidden : piece;
                text.remove_prefix(piece.size());
                length -= std::min(length, piece.size());
            } while (length > 0);
        }
        if (hides_digits) hide_digits(out_, begun);
    }

    /// scheme://who@host/path?query#fragment
    void link(std::string_view text) {
        const auto host_at = text.find("://") + 3;
        out_ += text.substr(0, host_at);
        text.remove_prefix(host_at);
        auto host = text.substr(0, text.find_first_of("/?#\\"));
        text.remove_prefix(host.size());
        bool has_user = false;
        while (const auto sign = next_at_sign(host, 0)) {
            host.remove_prefix(sign->at + sign->length);
            has_user = true;
        }
        if (has_user) out_.append(hidden).append("@");
        out_ += host;
        auto path = text.substr(0, text.find_first_of("?#"));
        text.remove_prefix(path.size());
        while (!path.empty()) {
            const auto segment = path.substr(0, path.find_first_of("/\\", 1));
            out_ += segment[0];
            if (next_at_sign(segment, 0)) out_ += hidden;
            else words(segment.substr(1), what_ != Mask::Of::reply);
            path.remove_prefix(segment.size());
        }
        if (!text.empty()) out_.append(text.substr(0, 1)).append(hidden);
    }

    const std::unordered_set<std::string>& names_;
    const Mask::Of what_;
    std::string& out_;
};

/// Lines without white space at their ends and with no more than one empty line between them.
std::string tidied(std::string_view text, std::size_t most) {
    std::string out;
    bool is_apart = false;
    for (auto line : split(text, '\n')) {
        line = trim(line);
        if (line.empty()) {
            is_apart = true;
            continue;
        }
        const std::size_t ends = out.empty() ? 0 : is_apart ? 2 : 1;
        if (out.size() + ends >= most) break;
        const std::size_t room = most - out.size() - ends;
        out.append(ends, '\n').append(printable(line, room));
        is_apart = false;
    }
    return out;
}

} // namespace

Mask::Mask(const std::vector<std::string>& recipients) {
    for (std::size_t i = 0; i < std::min(recipients.size(), max_recipients); ++i) {
        std::string_view local = recipients[i];
        local = local.substr(0, local.rfind('@'));
        while (!local.empty()) {
            const auto word = word_at_front(local);
            if (auto name = ascii_lowercase(word);
                word.size() >= shortest_name && std::find(no_names.begin(), no_names.end(), name) == no_names.end())
                names_.insert(std::move(name));
            local.remove_prefix(word.empty() ? mark_length(local) : word.size());
        }
    }
}

void Mask::append(std::string_view text, Of what, std::string& out) const {
    Writer(names_, what, out).write(text);
}

std::string Mask::text(std::string_view utf8, std::size_t most) const {
    std::string out;
    append(whole_words(utf8, 4 * most), Of::prose, out); // what is hidden is shorter than what it was
    std::replace(out.begin(), out.end(), '\t', ' ');
    return tidied(out, most);
}

std::string Mask::reply(std::string_view text, std::size_t most) const {
    std::string out;
    append(whole_words(text, 4 * most), Of::reply, out);
    return printable(out, most);
}

} // namespace lazaret::mime
