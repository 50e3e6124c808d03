#include "smtp/envelope_parser.hpp"

#include "core/text.hpp"
#include "smtp/path.hpp"
#include "smtp/replies.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace lazaret::smtp {

namespace {

constexpr std::size_t max_envid = 100;      // RFC 3461 4.4
constexpr std::size_t max_orcpt = 500;      // RFC 3461 4.2
constexpr std::size_t max_size_digits = 20; // RFC 1870 4

struct Parameter {
    std::string_view name;
    std::optional<std::string_view> value; ///< nullopt: no "="
};

// A handler takes the value into the envelope and returns nothing, or the reply that refuses it.
using Refusal = std::optional<Reply>;

template <class Envelope> struct Handler {
    std::string_view name;
    bool Permitted::*announced; ///< nullptr: always
    Refusal (*take)(const std::optional<std::string_view>& value, const Permitted& permitted,
                    Envelope& envelope);
};

bool is_keyword(std::string_view name) { // RFC 5321 4.1.2 esmtp-keyword
    const auto inner = [](char c) {
        return ascii_is_alnum(c) || c == '-';
    };
    return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), inner);
}

bool is_value(std::string_view value) { // RFC 5321 4.1.2 esmtp-value, RFC 6531 3.3
    const auto good = [](char c) {
        return (c > ' ' && c <= '~' && c != '=') || static_cast<unsigned char>(c) >= 0x80;
    };
    return !value.empty() && std::all_of(value.begin(), value.end(), good) && is_valid_utf8(value);
}

// xtext whose decoded form is printable US-ASCII (RFC 3461 4.2, 4.4).
bool is_printable_xtext(std::string_view text) {
    const auto decoded = xtext_decode(text);
    return decoded &&
           std::all_of(decoded->begin(), decoded->end(), [](char c) { return c >= ' ' && c <= '~'; });
}

Refusal take_size(const std::optional<std::string_view>& value, const Permitted& permitted, MailFrom& mail) {
    const auto digit = ascii_is_digit;
    if (!value || value->size() > max_size_digits || !std::all_of(value->begin(), value->end(), digit))
        return replies::bad_parameter("SIZE=octets");
    mail.size = parse_unsigned(*value);
    if (!mail.size || (permitted.max_size > 0 && *mail.size > permitted.max_size)) // RFC 1870 6.1
        return replies::size_exceeds(permitted.max_size);
    return std::nullopt;
}

Refusal take_body(const std::optional<std::string_view>& value, const Permitted&, MailFrom& mail) {
    if (value && ascii_iequals(*value, "7BIT"))
        mail.body = Body::seven_bit; // RFC 6152 2
    else if (value && ascii_iequals(*value, "8BITMIME"))
        mail.body = Body::eight_bit_mime;
    else
        return replies::bad_parameter("BODY=7BIT or BODY=8BITMIME");
    return std::nullopt;
}

Refusal take_smtputf8(const std::optional<std::string_view>& value, const Permitted&, MailFrom& mail) {
    if (value) return replies::bad_parameter("SMTPUTF8 without a value"); // RFC 6531 3.4
    mail.smtputf8 = true;
    return std::nullopt;
}

Refusal take_ret(const std::optional<std::string_view>& value, const Permitted&, MailFrom& mail) {
    if (value && ascii_iequals(*value, "FULL"))
        mail.ret = Ret::full; // RFC 3461 4.3
    else if (value && ascii_iequals(*value, "HDRS"))
        mail.ret = Ret::headers;
    else
        return replies::bad_parameter("RET=FULL or RET=HDRS");
    return std::nullopt;
}

Refusal take_envid(const std::optional<std::string_view>& value, const Permitted&, MailFrom& mail) {
    if (!value || value->size() > max_envid || !is_printable_xtext(*value)) // RFC 3461 4.4
        return replies::bad_parameter("ENVID=xtext of at most 100 characters");
    mail.envid = *value;
    return std::nullopt;
}

// The syntax is checked, the value is not used: as if AUTH=<> were said (RFC 4954 5).
Refusal take_auth(const std::optional<std::string_view>& value, const Permitted&, MailFrom&) {
    if (!value || (*value != "<>" && !xtext_decode(*value)))
        return replies::bad_parameter("AUTH=<> or AUTH=xtext");
    return std::nullopt;
}

Refusal take_notify(const std::optional<std::string_view>& value, const Permitted&, RcptTo& rcpt) {
    constexpr std::string_view kinds[] = {"SUCCESS", "FAILURE", "DELAY"}; // RFC 3461 4.1
    bool seen[] = {false, false, false};
    bool good = value.has_value();
    if (good && !ascii_iequals(*value, "NEVER")) {
        for (const std::string_view item : split(*value, ',')) {
            const auto kind = std::find_if(std::begin(kinds), std::end(kinds),
                                           [&](auto k) { return ascii_iequals(item, k); });
            good = good && kind != std::end(kinds) && !std::exchange(seen[kind - std::begin(kinds)], true);
        }
    }
    if (!good) return replies::bad_parameter("NOTIFY=NEVER, or a list of SUCCESS, FAILURE and DELAY");
    rcpt.notify = *value;
    return std::nullopt;
}

Refusal take_orcpt(const std::optional<std::string_view>& value, const Permitted&, RcptTo& rcpt) {
    const std::size_t semicolon = value ? value->find(';') : std::string_view::npos;
    bool good = semicolon != std::string_view::npos && value->size() <= max_orcpt; // RFC 3461 4.2
    if (good) {
        const std::string_view type = value->substr(0, semicolon), address = value->substr(semicolon + 1);
        good = is_keyword(type) && !address.empty();
        if (ascii_iequals(type, "utf-8"))
            good = good && address.find('+') == std::string_view::npos; // RFC 6533 3
        else
            good = good && is_printable_xtext(address);
    }
    if (!good) return replies::bad_parameter("ORCPT=type;xtext, of at most 500 characters");
    rcpt.orcpt = *value;
    return std::nullopt;
}

constexpr Handler<MailFrom> mail_handlers[] = {
    {"SIZE", nullptr, take_size},                      // RFC 1870
    {"BODY", &Permitted::eight_bit_mime, take_body},   // RFC 6152
    {"SMTPUTF8", &Permitted::smtputf8, take_smtputf8}, // RFC 6531
    {"RET", &Permitted::dsn, take_ret},                // RFC 3461
    {"ENVID", &Permitted::dsn, take_envid},            // RFC 3461
    {"AUTH", &Permitted::auth, take_auth},             // RFC 4954
};

constexpr Handler<RcptTo> rcpt_handlers[] = {
    {"NOTIFY", &Permitted::dsn, take_notify}, // RFC 3461
    {"ORCPT", &Permitted::dsn, take_orcpt},   // RFC 3461
};

template <class Envelope, std::size_t count>
Refusal take_parameters(std::string_view text, const Handler<Envelope> (&handlers)[count],
                        const Permitted& permitted, Envelope& envelope) {
    bool seen[count] = {};
    for (const std::string_view word : split(text, ' ')) {
        if (word.empty()) continue;
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        if (!is_keyword(name)) return replies::bad_parameter("NAME=value");
        const auto handler = std::find_if(std::begin(handlers), std::end(handlers),
                                          [&](const auto& h) { return ascii_iequals(h.name, name); });
        if (handler == std::end(handlers) || (handler->announced && !(permitted.*handler->announced)))
            return replies::parameter_unknown(name); // RFC 5321 4.1.1.11
        if (std::exchange(seen[handler - std::begin(handlers)], true))
            return replies::bad_parameter("each parameter once"); // RFC 3461 4, RFC 6531 3.4
        std::optional<std::string_view> value;
        if (equals != std::string_view::npos) value = word.substr(equals + 1);
        if (value && !is_value(*value)) return replies::bad_parameter("NAME=value");
        if (auto refusal = handler->take(value, permitted, envelope)) return refusal;
    }
    return std::nullopt;
}

// Takes "FROM:" or "TO:" off. Spaces behind the colon break RFC 5321 3.3, but common software sends them.
bool take_label(std::string_view& text, std::string_view label) {
    if (!ascii_istarts_with(text, label)) return false;
    text.remove_prefix(label.size());
    while (text.starts_with(' '))
        text.remove_prefix(1);
    return true;
}

} // namespace

Parsed<MailFrom> parse_mail(std::string_view argument, const Permitted& permitted) {
    if (!take_label(argument, "FROM:") || argument.empty()) return replies::syntax("MAIL FROM:<address>");
    auto path = parse_path(argument);
    if (!path || (path->at == path->address.size() && !path->null())) return replies::bad_sender_address();
    if (!argument.empty() && argument.front() != ' ')
        return replies::syntax("MAIL FROM:<address> NAME=value ...");
    MailFrom mail;
    mail.path = std::move(*path);
    if (auto refusal = take_parameters(argument, mail_handlers, permitted, mail)) return std::move(*refusal);
    if (!mail.smtputf8 && !is_ascii(mail.path.address)) return replies::needs_smtputf8(); // RFC 6531 3.5
    if (permitted.fqdn && !mail.path.null() && !is_fqdn(mail.path.domain()))
        return replies::sender_not_fqdn();
    return mail;
}

Parsed<RcptTo> parse_rcpt(std::string_view argument, const Permitted& permitted, bool smtputf8) {
    if (!take_label(argument, "TO:") || argument.empty()) return replies::syntax("RCPT TO:<address>");
    auto path = parse_path(argument);
    if (!path || path->null()) return replies::bad_recipient_address();
    if (!argument.empty() && argument.front() != ' ')
        return replies::syntax("RCPT TO:<address> NAME=value ...");
    RcptTo rcpt;
    rcpt.path = std::move(*path);
    if (auto refusal = take_parameters(argument, rcpt_handlers, permitted, rcpt)) return std::move(*refusal);
    if (!smtputf8 && !(is_ascii(rcpt.path.address) && is_ascii(rcpt.orcpt))) return replies::needs_smtputf8();
    const bool bare_postmaster = rcpt.path.domain().empty(); // RFC 5321 4.5.1
    if (permitted.fqdn && !bare_postmaster && !is_fqdn(rcpt.path.domain()))
        return replies::recipient_not_fqdn();
    return rcpt;
}

} // namespace lazaret::smtp
