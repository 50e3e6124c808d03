// A message's header section: the same whatever the pieces, within its bounds, and never a field that a reader of lines
// would not see. First octet: size of the pieces; second: what is kept.

#include "fuzz/check.hpp"
#include "message/header.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using lazaret::fuzz::check;
using lazaret::message::HeaderReader;

namespace {

HeaderReader read(std::string_view content, std::size_t keep, std::size_t piece) {
    HeaderReader header(keep);
    for (std::size_t at = 0; at < content.size(); at += piece)
        header.feed(std::string(content.substr(at, piece))); // its own block: reading past it is seen
    header.finish();
    return header;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t keep = data[1] * 4u;
    const std::string_view content(reinterpret_cast<const char*>(data + 2), size - 2);
    const auto whole = read(content, keep, content.size() + 1), pieces = read(content, keep, 1u + data[0]);
    check(whole.raw() == pieces.raw() && whole.size() == pieces.size() && whole.malformed() == pieces.malformed() &&
              whole.body_offset() == pieces.body_offset() && whole.truncated() == pieces.truncated(),
          "pieces make no difference");
    check(whole.ended() && whole.raw().size() <= keep, "what is kept is bounded");
    check(whole.body_offset() <= content.size() && whole.size() <= whole.body_offset(), "the body is part of the message");
    check(content.starts_with(whole.raw()), "what is kept is what came");
    check(whole.truncated() == (whole.raw().size() < whole.size()), "what is cut is told");
    std::size_t fields = 0;
    auto cursor = whole.fields();
    while (const auto field = cursor.next()) {
        ++fields;
        check(!field->name.empty() && whole.has(field->name), "each field is found by its name");
        check(!whole.lacks(field->name), "what is there is not missing");
        const auto line = field->unfolded();
        check(line.find_first_of("\r\n") == std::string::npos, "an unfolded value is one line");
    }
    check(fields <= static_cast<std::size_t>(std::count(whole.raw().begin(), whole.raw().end(), '\n')) + 1,
          "no line is two fields");
    return 0;
}
