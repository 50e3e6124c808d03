// A message as MIME: whatever it holds, within the limits, valid UTF-8, and the same again. First octet: how
// tight the limits are.

#include "mime/mime.hpp"
#include "core/text.hpp"
#include "fuzz/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    if (size == 0) return 0;
    lazaret::mime::Limits limits;
    if (data[0] % 2 != 0) {
        const unsigned tight = data[0] / 2;
        limits.depth = tight % 4;
        limits.parts = 1 + tight;
        limits.header_octets = 16u * tight;
        limits.decoded_octets = 64u * tight;
        limits.text_octets = 16u * tight;
        limits.uris = limits.attachments = limits.archive_entries = tight % 8;
        limits.archive_depth = tight % 3;
        limits.inflated_octets = 32u * tight;
        limits.ratio = tight;
    }
    const std::string_view octets(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto mail = lazaret::mime::read(octets, limits);
    const auto utf8 = [](std::string_view text) { return lazaret::is_valid_utf8(text); };
    check(mail.parts <= limits.parts, "parts are bounded");
    check(mail.nested_messages <= mail.parts, "a nested message is a part");
    check(utf8(mail.subject) && utf8(mail.from_name), "header values are UTF-8");
    std::size_t text = 0;
    for (const auto& each : mail.texts) {
        text += each.is_html ? each.source.size() : each.visible.size();
        check(utf8(each.visible) && utf8(each.hidden) && utf8(each.source), "texts are UTF-8");
        check(each.is_html || each.source.empty(), "plain text has no markup");
        // A named entity without ";" is never shorter than its character, and white space only shrinks.
        check(!each.is_html || each.visible.size() <= each.source.size() + 1, "what is shown was written");
        check(each.is_shown || !each.is_html, "only plain text stands behind another form");
    }
    check(text <= limits.text_octets, "text is bounded");
    check(mail.text().size() <= limits.text_octets + 3 * mail.texts.size(),
          "the view of all texts is bounded");
    check(mail.attachments.size() <= limits.attachments, "attachments are bounded");
    std::size_t entries = 0;
    for (const auto& each : mail.attachments) {
        check(each.names.size() == each.traits.size() && each.names.size() <= 8, "each name has its traits");
        check(each.size <= limits.decoded_octets, "decoded octets are bounded");
        for (const auto& name : each.names)
            check(utf8(name) && name.size() <= 1024, "names are UTF-8 and bounded");
        entries += each.archive.entries.size();
        for (const auto& entry : each.archive.entries) {
            check(utf8(entry.name) && entry.name.size() <= 1024, "names of entries are UTF-8 and bounded");
            check(entry.depth <= limits.archive_depth, "archives within archives are bounded");
        }
    }
    check(entries <= limits.archive_entries, "entries are bounded");
    check(mail.uris.size() <= limits.uris && mail.deceptive_links.size() <= limits.uris, "URIs are bounded");
    for (const auto& each : mail.uris) {
        check(each.uri.size() <= 2048 && each.uri.starts_with(each.scheme + ":"),
              "a URI begins with its scheme");
        check(!each.host.empty() && lazaret::is_ascii(each.host), "hosts are ASCII");
        check(each.host.ends_with(each.domain), "a host ends with its domain");
        check(each.in_text || each.in_markup, "a URI stands somewhere");
        if (each.scheme == "mailto") continue;
        const auto again = lazaret::mime::parse_uri(each.uri);
        check(each.uri.size() == 2048 || (again && again->uri == each.uri), "the normal form is its own");
    }
    return 0;
}
