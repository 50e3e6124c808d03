#include "message/header.hpp"

#include <algorithm>

namespace lazaret::message {

HeaderReader::At HeaderReader::step(char c) const {
    const bool white = c == ' ' || c == '\t';
    const bool name_octet = c > ' ' && c < 0x7F && c != ':'; // RFC 5322 2.2: ftext
    switch (at_) {
    case At::line_start:
        if (c == '\r') return At::cr;
        if (white) return size_ == 0 ? At::end : At::rest; // a continuation continues something
        return name_octet ? At::name : At::end;
    case At::name:
        if (name_octet) return At::name;
        [[fallthrough]];
    case At::space: // RFC 5322 4.5: white space before the colon is obsolete, but read
        return c == ':' ? At::rest : white ? At::space : At::end;
    default: return At::end;
    }
}

void HeaderReader::scan(std::string_view content) {
    std::size_t i = 0;
    while (i < content.size()) {
        if (at_ == At::rest) {
            const std::size_t line_end = content.find('\n', i);
            if (line_end == std::string_view::npos) break;
            i = line_end + 1;
            size_ = fed_ + i;
            at_ = At::line_start;
            continue;
        }
        const char c = content[i++];
        if (at_ == At::cr ? c == '\n' : at_ == At::line_start && c == '\n') {
            blank_line_ = static_cast<unsigned>(fed_ + i - size_);
            return end_section(false);
        }
        at_ = step(c);
        if (at_ == At::end) return end_section(true);
    }
    fed_ += content.size();
}

void HeaderReader::end_section(bool malformed) {
    at_ = At::end;
    malformed_ = malformed;
}

// Nothing of the body is copied, however large the chunk that the section ends in.
void HeaderReader::keep(std::string_view content, std::uint64_t begin) {
    if (ended()) content = content.substr(0, size_ > begin ? size_ - begin : 0);
    kept_.append(content.substr(0, keep_ - kept_.size()));
    if (!ended()) return;
    if (kept_.size() > size_) kept_.resize(size_);
    truncated_ = size_ > kept_.size();
    if (truncated_) kept_.resize(kept_.rfind('\n') + 1); // npos + 1 = 0: not one whole line
}

bool HeaderReader::feed(std::string_view content) {
    if (ended()) return true;
    const std::uint64_t begin = fed_;
    scan(content);
    keep(content, begin);
    return ended();
}

void HeaderReader::finish() {
    if (ended()) return;
    if (at_ == At::rest) size_ = fed_; // a last line without its line end is a line all the same
    end_section(fed_ != size_);
    keep({}, fed_);
}

std::size_t HeaderReader::count(std::string_view name) const {
    std::size_t found = 0;
    FieldCursor cursor = fields();
    while (const auto field = cursor.next())
        if (field->is(name)) ++found;
    return found;
}

std::optional<std::string> HeaderReader::first(std::string_view name) const {
    FieldCursor cursor = fields();
    while (const auto field = cursor.next())
        if (field->is(name)) return field->unfolded();
    return std::nullopt;
}

} // namespace lazaret::message
