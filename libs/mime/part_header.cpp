#include "mime/part_header.hpp"

#include "message/field.hpp"
#include "message/header.hpp"
#include "mime/charset.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::mime {

namespace {

constexpr std::size_t most_further = 8;

bool is_type(std::string_view value) {
    const auto slash = value.find('/');
    return slash != value.npos && slash > 0 && slash + 1 < value.size();
}

} // namespace

PartHeader read_part_header(std::string_view section, std::string_view default_type, LimitSet& hit) {
    PartHeader out;
    bool has_type = false, has_disposition = false, has_encoding = false;
    const auto take = [&](std::string_view value, bool& known, ParameterisedValue& place) {
        auto read = parse_parameters(value);
        if (read.cut) hit.add(Limit::header);
        if (!known) place = std::move(read);
        else if (out.further.size() < most_further) out.further.push_back(std::move(read));
        else hit.add(Limit::header);
        out.repeated |= known;
        known = true;
    };
    message::FieldCursor fields(section);
    while (const auto field = fields.next()) {
        if (!ascii_istarts_with(field->name, "Content-")) continue;
        if (field->is("Content-Type")) {
            take(field->unfolded(), has_type, out.type);
        } else if (field->is("Content-Disposition")) {
            take(field->unfolded(), has_disposition, out.disposition);
        } else if (field->is("Content-Transfer-Encoding")) {
            if (!has_encoding) out.encoding = encoding_of(field->unfolded());
            out.repeated |= has_encoding;
            has_encoding = true;
        }
    }
    if (!has_type) out.type.value = default_type;
    if (!is_type(out.type.value)) out.type.value = "text/plain"; // RFC 2045 5.2
    return out;
}

Section section_at_front(std::string_view octets, std::size_t most, LimitSet& hit) {
    message::HeaderReader reader(0); // keeps nothing: the fields are read where they stand
    reader.feed(octets);
    reader.finish();
    Section out;
    out.body_at = std::min<std::size_t>(reader.body_offset(), octets.size());
    out.fields = octets.substr(0, reader.size());
    if (out.fields.size() > most) {
        hit.add(Limit::header);
        out.fields = out.fields.substr(0, out.fields.substr(0, most).rfind('\n') + 1); // npos + 1 = 0: not one whole line
    }
    return out;
}

FileNames file_names(const PartHeader& header, LimitSet& hit) {
    FileNames out;
    const auto add = [&](const ParameterisedValue& value) {
        for (const auto& parameter : value.parameters) {
            if ((parameter.name != "filename" && parameter.name != "name") || parameter.value.empty()) continue;
            auto name = cut_utf8(parameter.value, FileNames::longest);
            if (std::find(out.names.begin(), out.names.end(), name) != out.names.end() && name == parameter.value) continue;
            if (out.names.size() >= FileNames::most) return hit.add(Limit::header);
            out.traits.push_back(traits_of(parameter.value));
            out.names.push_back(std::move(name));
        }
    };
    add(header.disposition);
    add(header.type);
    for (const auto& each : header.further)
        add(each);
    return out;
}

} // namespace lazaret::mime
