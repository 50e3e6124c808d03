// What is kept of a message: an address put between any two pieces of it is never readable, nor a name that is known; what comes
// out is bounded, clean text. First octet: where the address goes; second: how it is written.

#include "core/text.hpp"
#include "fuzz/check.hpp"
#include "mime/charset.hpp"
#include "mime/mask.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using lazaret::fuzz::check;

namespace {

constexpr std::size_t most = 1000;

bool is_clean(std::string_view text, std::string_view allowed) {
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && allowed.find(c) == allowed.npos) || c == 0x7F) return false;
    return lazaret::is_valid_utf8(text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret::mime;
    if (size < 2) return 0;
    static constexpr std::array<std::string_view, 6> addresses{
        " qzqzq@isle.example ", " \"qzqzq\"@isle.example ", " \"qz qzqzq\"@isle.example ",
        " <qzqzq+1@isle.example> ", " qzqzq%40isle.example ", " qzqzq (x) @isle.example "};
    const auto address = addresses[data[1] % addresses.size()];
    std::string octets(reinterpret_cast<const char*>(data + 2), size - 2);
    for (std::size_t at = 0; (at = octets.find("qzqzq", at)) != octets.npos;) octets[at] = 'x'; // ours alone
    const std::size_t place = octets.size() * data[0] / 256;

    const Mask mask({"known.name@isle.example"});
    const auto readable = [](std::string_view piece) { return to_utf8(piece, "utf-8", 1 << 20); };
    const auto before = std::string_view(octets).substr(0, place), behind = std::string_view(octets).substr(place);
    const auto text = readable(before) + std::string(address) + readable(behind);
    const auto excerpt = mask.text(text, most);
    check(excerpt.size() <= most, "an excerpt is bounded");
    check(is_clean(excerpt, "\n"), "an excerpt is clean");
    check(excerpt.find("qzqzq") == excerpt.npos, "no local part is in the excerpt");

    const auto reply = mask.reply(text, most);
    check(reply.size() <= most, "a reply is bounded");
    check(is_clean(reply, ""), "a reply is one clean line");
    check(reply.find("qzqzq") == reply.npos, "no local part is in the reply");

    const auto header = mask.header(std::string(before) + std::string(address) + std::string(behind), most);
    check(header.size() <= most, "a header is bounded");
    check(is_clean(header, "\n"), "a header is clean");
    check(header.find("qzqzq") == header.npos, "no local part is in the header");
    check(header.empty() || header.ends_with('\n'), "a header is whole lines");
    return 0;
}
