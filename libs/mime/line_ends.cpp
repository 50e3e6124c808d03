#include "mime/line_ends.hpp"

#include <algorithm>
#include <cstring>

namespace lazaret::mime {

void normalise_line_ends(std::string& text) {
    std::size_t to = std::min(text.find('\r'), text.size());
    for (std::size_t at = to; at < text.size();) {
        const bool ends_line = text.compare(at, 2, "\r\n") == 0;
        at += ends_line; // what begins here, up to the next CR, moves to the front
        const auto end = std::min(text.find('\r', at + 1), text.size());
        std::copy(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end),
                  text.begin() + static_cast<std::ptrdiff_t>(to));
        to += end - at;
        at = end;
    }
    text.resize(to);
}

std::string_view with_lf(std::string_view text, std::string& storage) {
    auto end = text.find("\r\n");
    if (end == text.npos) return text;
    storage.resize(text.size());
    char* out = storage.data();
    std::size_t from = 0;
    while (end != text.npos) {
        std::memcpy(out, text.data() + from, end - from);
        out += end - from;
        from = end + 1; // the LF goes along with the next line
        end = text.find("\r\n", from);
    }
    std::memcpy(out, text.data() + from, text.size() - from);
    out += text.size() - from;
    storage.resize(static_cast<std::size_t>(out - storage.data()));
    return storage;
}

} // namespace lazaret::mime
