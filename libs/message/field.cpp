#include "message/field.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::message {

namespace {

// Where the field at the front ends, behind its last line end: at a line that does not begin with white
// space.
std::size_t field_length(std::string_view block) {
    std::size_t end = 0;
    do {
        const std::size_t line = block.find('\n', end);
        if (line == std::string_view::npos) return block.size();
        end = line + 1;
    } while (end < block.size() && (block[end] == ' ' || block[end] == '\t'));
    return end;
}

std::string_view without_line_end(std::string_view text) {
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
}

} // namespace

bool Field::is(std::string_view other_name) const {
    return ascii_iequals(name, other_name);
}

std::string Field::unfolded() const {
    return unfold(value);
}

std::string unfold(std::string_view value) {
    value = trim(value);
    std::string out;
    out.reserve(value.size());
    std::copy_if(value.begin(), value.end(), std::back_inserter(out),
                 [](char c) { return c != '\r' && c != '\n'; });
    return out;
}

std::optional<Field> FieldCursor::next() {
    while (!rest_.empty()) {
        const std::size_t length = field_length(rest_);
        const std::string_view text = without_line_end(rest_.substr(0, length));
        rest_.remove_prefix(length);
        const std::string_view first_line = text.substr(0, text.find('\n'));
        const std::size_t colon = first_line.find(':');
        if (colon == std::string_view::npos) continue;
        Field field;
        field.name = text.substr(0, colon);
        while (!field.name.empty() && (field.name.back() == ' ' || field.name.back() == '\t'))
            field.name.remove_suffix(1);
        if (field.name.empty() || field.name.front() == ' ' || field.name.front() == '\t') continue;
        field.value = text.substr(colon + 1);
        return field;
    }
    return std::nullopt;
}

} // namespace lazaret::message
