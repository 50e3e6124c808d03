// DataReader against the slow reference, fed in pieces; then out through DotStuffer and in again.
// First octet: size of the pieces; second: the mode.

#include "fuzz/check.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/data_reference_test.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

using lazaret::fuzz::check;
using namespace lazaret::smtp;

namespace {

std::size_t feed(DataReader& reader, const std::string& input, std::size_t piece, std::string& content) {
    std::size_t taken = 0;
    while (taken < input.size() && !reader.finished()) {
        const std::string part = input.substr(taken, piece);
        const std::size_t used = reader.feed(part, content);
        check(used == part.size() || reader.finished(), "all is taken until the end is found");
        taken += used;
    }
    return taken;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t piece = data[0] == 0 ? size + 5 : data[0];
    const bool reject = (data[1] & 1) != 0;
    const std::uint64_t limit = (data[1] & 2) != 0 ? 100 : 0;
    const std::string input = std::string(reinterpret_cast<const char*>(data + 2), size - 2) + "\r\n.\r\n";

    DataReader reader(reject ? DataReader::Newlines::reject : DataReader::Newlines::normalize, limit);
    std::string content;
    const std::size_t taken = feed(reader, input, piece, content);
    const auto wanted = reference::read(input);
    check(wanted.has_value() && reader.finished(), "the end is found");
    check(taken == wanted->taken, "the end is where the reference has it");
    check(reader.size() == wanted->content.size(), "every octet is counted");
    check(reader.bare_newline() == wanted->bare_newline, "bare newlines are seen");
    check(reader.nul() == (wanted->content.find('\0') != std::string::npos), "NUL is seen");
    check(reader.too_big() == (limit > 0 && wanted->content.size() > limit), "the limit holds");
    if (reader.refused()) {
        check(limit == 0 || content.size() <= limit, "no more is kept than the limit");
        return 0;
    }
    check(content == wanted->content, "the content is the reference's");

    DotStuffer stuffer;
    std::string wire;
    for (std::size_t at = 0; at < content.size(); at += piece)
        stuffer.feed(std::string_view(content).substr(at, piece), wire);
    stuffer.finish(wire);
    DataReader again(DataReader::Newlines::reject, 0);
    std::string back;
    check(feed(again, wire, piece, back) == wire.size() && again.finished(),
          "our end of data is the only one");
    check(!again.refused() && back == content, "the next hop reads what we read");
    return 0;
}
