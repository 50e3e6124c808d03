#include "scan/reading.hpp"

#include "event/name_hash.hpp"
#include "message/field.hpp"
#include "message/fingerprint.hpp"
#include "mime/words.hpp"

#include <algorithm>
#include <span>

namespace lazaret::scan {

namespace {

/// Without the empty line at its end, and of what is too long the whole lines within `most`.
std::string_view fields_of(std::string_view header, std::size_t most) {
    if (header.ends_with("\r\n\r\n")) header.remove_suffix(2);
    else if (header.ends_with("\n\n")) header.remove_suffix(1);
    else if (header == "\r\n" || header == "\n") return {};
    if (header.size() <= most) return header;
    const auto end = header.substr(0, most).rfind('\n');
    return header.substr(0, end == header.npos ? 0 : end + 1);
}

std::string decoded_subject(std::string_view header) {
    message::FieldCursor fields(header);
    while (const auto field = fields.next())
        if (field->is("Subject")) return mime::decode_words(field->unfolded());
    return {};
}

/// What is shown when the message is opened; where that is nothing, all text there is.
std::string shown_text(const mime::Message& message) {
    std::string out;
    for (const auto& each : message.texts)
        if (each.is_shown && !each.is_attached) out.append(each.visible).append("\n");
    const bool is_empty = out.find_first_not_of(" \t\n") == out.npos;
    return is_empty ? message.text() : out;
}

constexpr std::size_t longest_agent = 255;        // octets that count
constexpr std::size_t block_octets = 256 * 1024; // of a message that is read by position

} // namespace

std::uint64_t octets_to_read(std::uint64_t body_at, std::uint64_t scan_size) {
    return body_at + scan_size;
}

Reading::Reading(std::string_view message, std::uint64_t body_at, const Octets* whole, const mime::Limits& limits)
    : message_(message), whole_(whole), limits_(limits) {
    const auto at = static_cast<std::size_t>(std::min<std::uint64_t>(body_at, message.size()));
    header_ = fields_of(message.substr(0, at), limits.header_octets);
    raw_ = message.substr(at);
}

const std::optional<mime::Plain>& Reading::plain() {
    if (!looked_) plain_ = mime::plain(header_, raw_, limits_);
    looked_ = true;
    return plain_;
}

std::string_view Reading::text() {
    if (text_) return *text_;
    if (const auto& simple = plain()) {
        text_ = mime::plain_text(*simple, raw_, storage_, limits_);
    } else {
        storage_ = mime().text();
        text_ = storage_;
    }
    return *text_;
}

const std::vector<mime::Uri>& Reading::uris() {
    if (!is_plain()) return mime().uris;
    if (!plain_uris_) {
        mime::Budget budget(limits_);
        mime::UriCollector found(budget);
        found.read_text(decoded_subject(header_));
        found.read_text(plain_->is_ascii ? raw_ : text()); // a line ends a URI, however it ends
        plain_uris_ = found.take();
    }
    return *plain_uris_;
}

const mime::Message& Reading::mime() {
    if (!mime_) mime_ = mime::read(message_, limits_);
    return *mime_;
}

const mime::Outline* Reading::behind() {
    if (!is_cut() || behind_) return behind_ ? &*behind_ : nullptr;
    mime::Outline outline(message_.size(), limits_);
    outline.feed(message_);
    std::string block(block_octets, '\0');
    for (std::uint64_t at = message_.size(); at < whole_->size();) {
        const auto got = whole_->read(at, std::span(block.data(), block.size()));
        if (!got || *got == 0) return nullptr;
        outline.feed(std::string_view(block).substr(0, *got));
        at += *got;
    }
    outline.finish();
    behind_.emplace(std::move(outline));
    return &*behind_;
}

std::uint64_t Reading::fingerprint() {
    const auto& simple = plain();
    if (simple && simple->is_ascii) return message::fingerprint(raw_); // line ends make no difference to it
    if (simple) return message::fingerprint(text());
    return message::fingerprint(shown_text(mime()));
}

std::uint64_t Reading::agent_hash() const {
    message::FieldCursor fields(header_);
    while (const auto field = fields.next())
        if (field->is("User-Agent") || field->is("X-Mailer")) return event::name_hash(field->unfolded().substr(0, longest_agent));
    return 0;
}

} // namespace lazaret::scan
