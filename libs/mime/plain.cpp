#include "mime/plain.hpp"

#include "core/text.hpp"
#include "message/field.hpp"
#include "mime/charset.hpp"
#include "mime/line_ends.hpp"
#include "mime/magic.hpp"
#include "mime/parameters.hpp"
#include "mime/transfer.hpp"

namespace lazaret::mime {

namespace {

/// What the header says of the body; `structured` where there is more to it than text.
struct Declared {
    bool structured = false;
    std::string charset;
};

bool is_plain_type(const ParameterisedValue& type) {
    const auto slash = type.value.find('/');
    const bool is_type = slash != std::string::npos && slash > 0 && slash + 1 < type.value.size();
    if (is_type && type.value != "text/plain") return false; // what is no type reads as text/plain (RFC 2045 5.2)
    if (type.cut) return false;
    for (const auto& parameter : type.parameters)
        if (parameter.name == "name" || parameter.name == "filename") return false;
    return true;
}

Declared declared_in(std::string_view header) {
    Declared out;
    bool has_type = false, has_encoding = false;
    message::FieldCursor fields(header);
    while (const auto field = fields.next()) {
        if (!ascii_istarts_with(field->name, "Content-")) continue;
        if (field->is("Content-Type")) {
            const auto type = parse_parameters(field->unfolded());
            out.structured |= has_type || !is_plain_type(type);
            out.charset = type.first("charset");
            has_type = true;
        } else if (field->is("Content-Transfer-Encoding")) {
            out.structured |= has_encoding || encoding_of(field->unfolded()) != Encoding::identity;
            has_encoding = true;
        } else if (field->is("Content-Disposition")) {
            out.structured = true;
        }
    }
    return out;
}

/// US-ASCII octets mean the same in it.
bool extends_ascii(std::string_view charset) {
    for (const auto* each : {"us-ascii", "ascii", "utf-8", "utf8"})
        if (ascii_iequals(charset, each)) return true;
    return charset.empty() || ascii_istarts_with(charset, "iso-8859-") || ascii_istarts_with(charset, "windows-125");
}

} // namespace

std::optional<Plain> plain(std::string_view header, std::string_view body, const Limits& limits) {
    if (header.size() > limits.header_octets || body.size() > limits.text_octets || body.size() > limits.decoded_octets)
        return std::nullopt;
    auto declared = declared_in(header);
    if (declared.structured) return std::nullopt;
    // Readers that look at the octets would show it as HTML, or offer it as a file.
    if (kind_of(body.substr(0, 1024)) == Kind::html || body.find('\0') != body.npos) return std::nullopt;
    Plain out;
    out.is_ascii = is_ascii(body) && extends_ascii(declared.charset);
    out.charset = std::move(declared.charset);
    return out;
}

std::string_view plain_text(const Plain& plain, std::string_view body, std::string& storage, const Limits& limits) {
    if (plain.is_ascii) return with_lf(body, storage);
    storage = to_utf8(body, plain.charset, limits.text_octets);
    normalise_line_ends(storage);
    remove_invisible(storage);
    return storage;
}

} // namespace lazaret::mime
