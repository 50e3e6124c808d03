#include "mime/mime.hpp"

#include "core/text.hpp"
#include "message/header.hpp"
#include "mime/charset.hpp"
#include "mime/line_ends.hpp"
#include "mime/structure.hpp"
#include "mime/words.hpp"

#include <algorithm>

namespace lazaret::mime {

namespace {

constexpr std::size_t head_octets = 64 * 1024;

bool is_html_name(std::string_view extension) {
    for (const auto* each : {"htm", "html", "xhtml", "xht", "shtml", "svg"})
        if (extension == each) return true;
    return false;
}

/// The charset that HTML declares within its first octets (html.spec.whatwg.org 13.2.3.2); "" for none.
std::string charset_in_html(std::string_view html) {
    const auto head = ascii_lowercase(html.substr(0, 1024));
    auto at = head.find("charset=");
    if (at == head.npos) return {};
    at = std::min(head.find_first_not_of("\"' ", at + 8), head.size());
    return head.substr(at, head.find_first_of("\"'; />", at) - at);
}

class Reader {
  public:
    explicit Reader(const Limits& limits) : budget_(limits), uris_(budget_) {}

    Message read(std::string_view octets) {
        message::HeaderReader header(budget_.limits.header_octets);
        header.feed(octets);
        header.finish();
        out_.subject = decode_words(header.first("Subject").value_or(""));
        auto from = first_mailbox(header.first("From").value_or(""));
        out_.from_name = std::move(from.name);
        out_.from_address = std::move(from.address);
        uris_.read_text(out_.subject);
        const auto structure = take_apart(octets, budget_, [this](const Leaf& leaf) { part(leaf); });
        out_.parts = structure.parts;
        out_.nested_messages = structure.nested_messages;
        out_.has_signed |= structure.has_signed;
        out_.has_encrypted |= structure.has_encrypted;
        out_.irregular = structure.irregular;
        hide_plain_alternatives();
        out_.uris = uris_.take();
        out_.truncated_by = budget_.hit;
        return std::move(out_);
    }

  private:
    /// What is known of a part once its octets have been read.
    struct Content {
        std::string octets; // all of them, where they are text or an archive; else the head
        Kind kind = Kind::unknown;
        std::uint64_t size = 0;
        bool is_html = false, is_text = false;
    };

    void part(const Leaf& leaf) {
        const std::string_view type = leaf.type.value;
        Attachment attachment;
        attachment.declared_type = leaf.type.value;
        auto names = file_names(leaf, budget_.hit);
        attachment.names = std::move(names.names);
        attachment.traits = std::move(names.traits);
        note_containers(leaf);
        const bool is_text_type = type.starts_with("text/");
        const bool attached =
            !is_text_type || leaf.disposition.value == "attachment" || !attachment.names.empty();
        Content content = decode(leaf, attachment, attached);
        if (content.is_text || content.is_html) text(leaf, content, attached);
        // A program sent as text without a name is listed too; text has no NUL, and may begin with any
        // letters.
        const bool binary = (is_executable(content.kind) || is_archive(content.kind)) &&
                            content.octets.find('\0') != std::string::npos;
        if (!attached && !binary) return;
        if (out_.attachments.size() >= budget_.limits.attachments) return budget_.hit.add(Limit::attachments);
        attachment.kind = content.kind;
        attachment.size = content.size;
        attachment.is_inline = leaf.disposition.value == "inline";
        attachment.archive = read_archive(content.octets, content.kind, budget_, attachment.names);
        out_.attachments.push_back(std::move(attachment));
    }

    void note_containers(const Leaf& leaf) {
        const std::string_view type = leaf.type.value;
        out_.is_fragment |= type == "message/partial";
        if (type != "application/pkcs7-mime" && type != "application/x-pkcs7-mime") return;
        const bool is_signed = ascii_iequals(leaf.type.first("smime-type"), "signed-data"); // RFC 8551 3.2.2
        (is_signed ? out_.has_signed : out_.has_encrypted) = true;
    }

    Content decode(const Leaf& leaf, const Attachment& attachment, bool attached) {
        const std::string_view type = leaf.type.value;
        Content out;
        Decoder decoder(leaf.encoding, leaf.body);
        std::string_view piece;
        const auto more = [&] {
            if (!decoder.next(piece)) return false;
            const auto given = budget_.take(&Budget::decoded, piece.size(), Limit::decoded);
            const bool whole = given == piece.size();
            piece = piece.substr(0, given);
            out.size += given;
            return whole || given > 0;
        };
        while (out.octets.size() < head_octets && more())
            out.octets += piece;
        out.kind = kind_of(out.octets);
        const bool named_html =
            std::any_of(attachment.traits.begin(), attachment.traits.end(),
                        [](const NameTraits& each) { return is_html_name(each.extension); });
        // What is shown is text whatever it begins with.
        const bool readable =
            !attached || out.kind == Kind::unknown || out.kind == Kind::script || out.kind == Kind::xml;
        out.is_html = out.kind == Kind::html || type == "application/xhtml+xml" ||
                      ((type == "text/html" || named_html) && readable);
        out.is_text = !out.is_html && type.starts_with("text/") && readable;
        std::size_t most = head_octets;
        if (out.is_html || out.is_text)
            most = budget_.limits.text_octets * 4; // charsets take up to four octets a character
        const bool may_be_zip = attached && out.kind == Kind::unknown && !out.is_html && !out.is_text;
        if (out.kind == Kind::zip || out.kind == Kind::gzip || may_be_zip) most = budget_.limits.decoded_octets;
        while (more())
            if (out.octets.size() < most) out.octets += piece;
        // Programs go by the name, and look for the end of it.
        const bool named_zip = std::any_of(attachment.traits.begin(), attachment.traits.end(),
                                           [](const NameTraits& each) { return each.extension == "zip"; });
        if (may_be_zip && (named_zip || ends_like_zip(out.octets))) out.kind = Kind::zip;
        return out;
    }

    void text(const Leaf& leaf, Content& content, bool attached) {
        std::string charset(leaf.type.first("charset"));
        if (charset.empty() && content.is_html) charset = charset_in_html(content.octets);
        std::string utf8 = to_utf8(content.octets, charset, budget_.text + 4);
        utf8 = cut_utf8(utf8, budget_.take(&Budget::text, utf8.size(), Limit::text));
        normalise_line_ends(utf8);
        Text out;
        out.is_html = content.is_html;
        out.is_attached = attached;
        if (out.is_html)
            html(out, std::move(utf8));
        else
            plain(out, std::move(utf8));
        alternatives_.push_back(attached ? 0 : leaf.alternative);
        out_.texts.push_back(std::move(out));
    }

    void html(Text& out, std::string utf8) {
        bool was_cut = false;
        auto html = read_html(utf8, budget_.limits.uris, &was_cut);
        if (was_cut) budget_.hit.add(Limit::uris);
        out.source = std::move(utf8);
        out.visible = std::move(html.visible);
        out.hidden = std::move(html.hidden);
        out.hidden_octets = html.hidden_octets;
        out.invisible_characters = html.invisible_characters;
        out.has_form = html.has_form;
        out.has_script = html.has_script;
        for (const auto& target : html.targets)
            uris_.read_target(target);
        uris_.read_text(out.visible);
        for (const auto& anchor : html.anchors) {
            auto found = uris_.read_anchor(anchor);
            if (!found) continue;
            if (out_.deceptive_links.size() >= budget_.limits.uris) return budget_.hit.add(Limit::uris);
            out_.deceptive_links.push_back(std::move(*found));
        }
    }

    void plain(Text& out, std::string utf8) {
        out.visible = std::move(utf8);
        out.invisible_characters = remove_invisible(out.visible);
        uris_.read_text(out.visible);
        out_.has_encrypted |=
            out.visible.find("-----BEGIN PGP MESSAGE-----") != std::string::npos; // RFC 4880 6.2
        out_.has_signed |= out.visible.find("-----BEGIN PGP SIGNED MESSAGE-----") != std::string::npos;
    }

    void hide_plain_alternatives() {
        std::vector<unsigned> with_html;
        for (std::size_t i = 0; i < out_.texts.size(); ++i)
            if (out_.texts[i].is_html && alternatives_[i] != 0) with_html.push_back(alternatives_[i]);
        std::sort(with_html.begin(), with_html.end());
        for (std::size_t i = 0; i < out_.texts.size(); ++i)
            if (!out_.texts[i].is_html &&
                std::binary_search(with_html.begin(), with_html.end(), alternatives_[i]))
                out_.texts[i].is_shown = false;
    }

    Budget budget_;
    UriCollector uris_;
    Message out_;
    std::vector<unsigned> alternatives_; // of each text, 0 for none
};

} // namespace

Message read(std::string_view octets, const Limits& limits) {
    return Reader(limits).read(octets);
}

std::string Message::text() const {
    std::string out;
    const auto put = [&](const std::string& text) {
        if (!text.empty()) out.append(text).append("\n");
    };
    const auto place = [](const Text& each) { return each.is_attached ? 2 : each.is_shown ? 0 : 1; };
    for (int wanted = 0; wanted < 3; ++wanted) {
        for (const auto& each : texts)
            if (place(each) == wanted) put(each.visible);
        for (const auto& each : texts) // where it is hidden whatever a reader of mail thinks of it, words are found all the same
            if (wanted > 0 && each.is_attached == (wanted == 2)) put(each.hidden);
    }
    return out;
}

} // namespace lazaret::mime
