// A header section without the people it names.

#include "core/text.hpp"
#include "message/field.hpp"
#include "mime/address_parts.hpp"
#include "mime/mask.hpp"
#include "mime/words.hpp"

#include <algorithm>
#include <array>

namespace lazaret::mime {

namespace {

constexpr auto hidden = Mask::hidden;
constexpr std::size_t longest_value = 4096, longest_kept = 500, longest_name = 80; // octets of a field
constexpr std::size_t most_domains = 20;
constexpr std::size_t last_line = 40;

template <std::size_t n> bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Whether the field says whom the message is for: To, Bcc, Delivered-To, X-Envelope-To, X-Failed-Recipients ...
bool names_recipients(std::string_view name) {
    static constexpr std::array<std::string_view, 5> of_senders{"reply-to", "in-reply-to", "errors-to", "return-receipt-to",
                                                                "disposition-notification-to"};
    static constexpr std::array<std::string_view, 3> plain{"to", "cc", "bcc"};
    if (is_one_of(of_senders, name)) return false;
    return is_one_of(plain, name) || name.ends_with("-to") || name.ends_with("-cc") || name.ends_with("-bcc") ||
           name.ends_with("-rcpt") || name.ends_with("recipient") || name.ends_with("recipients");
}

/// Whether its digits are times, versions and addresses of hosts.
bool is_technical(std::string_view name) {
    static constexpr std::array<std::string_view, 13> all{
        "received",   "x-received",      "date",             "message-id",   "in-reply-to",  "references",              "mime-version",
        "user-agent", "x-mailer",        "x-originating-ip", "x-sender-ip",  "x-client-ip",  "x-php-originating-script"};
    return is_one_of(all, name) || name.starts_with("content-");
}

/// Of a line that is hardly a field the name may be anything.
std::string shown_name(std::string_view name) {
    const auto is_plain = [](char c) { return ascii_is_lower(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.'; };
    const auto lower = ascii_lowercase(name);
    return name.size() <= longest_name && std::all_of(lower.begin(), lower.end(), is_plain) ? std::string(name) : std::string(hidden);
}

std::string domains_of(std::string_view value) {
    std::string out;
    std::size_t count = 0;
    for (auto sign = next_at_sign(value, 0); sign; sign = next_at_sign(value, sign->at + sign->length)) {
        const auto begin = sign->at + sign->length, end = domain_end(value, begin);
        const auto next = value.find_first_not_of(" \t", end);
        const bool is_local = next != value.npos && at_sign_length(value, next) > 0; // of another address
        if (end == begin || is_local || ++count > most_domains) continue;
        out.append(out.empty() ? "" : ", ").append(hidden).append("@").append(value.substr(begin, end - begin));
    }
    if (count > most_domains) out.append(", and ").append(std::to_string(count - most_domains)).append(" more");
    if (out.empty() && !value.empty()) out = hidden;
    return out;
}

/// Received: ... for <whom>, where that is a name alone, which is no address to the mask.
std::string without_whom(std::string value) {
    for (std::size_t at = value.find("for"); at != value.npos; at = value.find("for", at + 3)) {
        const bool is_word = at > 0 && std::string_view(" \t)").find(value[at - 1]) != std::string_view::npos;
        const auto begin = value.find_first_not_of(" \t", at + 3);
        if (!is_word || begin == at + 3 || begin == value.npos) continue;
        const auto end = std::min(value.find_first_of(" \t;", begin), value.size());
        const auto whom = value.substr(begin, end - begin);
        if (!next_at_sign(whom, 0)) value.replace(begin, end - begin, hidden);
    }
    return value;
}

/// Encoded words that are broken stay encoded, and who knows what they hold.
std::string without_encoded_words(std::string value) {
    for (std::size_t at = 0; (at = value.find("=?", at)) != value.npos; at += hidden.size()) {
        const auto end = std::min(value.find_first_of(" \t", at), value.size());
        value.replace(at, end - at, hidden);
    }
    return value;
}

} // namespace

std::string Mask::header(std::string_view section, std::size_t most) const {
    std::string out;
    std::size_t left_out = 0;
    message::FieldCursor fields(section);
    while (const auto field = fields.next()) {
        if (left_out > 0) {
            ++left_out;
            continue;
        }
        const auto name = ascii_lowercase(field->name);
        auto value = message::unfold(whole_words(field->value, longest_value));
        std::string kept;
        if (names_recipients(name)) {
            kept = domains_of(value);
        } else {
            value = without_encoded_words(decode_words(value));
            if (name == "received" || name == "x-received") value = without_whom(std::move(value));
            append(value, is_technical(name) ? Of::field : Of::prose, kept);
        }
        std::replace(kept.begin(), kept.end(), '\t', ' ');
        const auto line = shown_name(field->name) + ": " + printable(kept, longest_kept) + '\n';
        if (out.size() + line.size() + last_line <= most) out += line;
        else ++left_out;
    }
    if (left_out > 0) out.append("(").append(std::to_string(left_out)).append(" fields more)\n");
    return out;
}

} // namespace lazaret::mime
