#include "mime/transfer.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <mutex>

#include <gmime/gmime.h>

namespace lazaret::mime {

namespace {

constexpr std::size_t piece_octets = 48 * 1024;

void start_gmime() { // its tables belong to the process and stay until its end
    static std::once_flag once;
    std::call_once(once, g_mime_init);
}

GMimeContentEncoding to_gmime(Encoding encoding) {
    switch (encoding) {
    case Encoding::base64: return GMIME_CONTENT_ENCODING_BASE64;
    case Encoding::quoted_printable: return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    case Encoding::uuencode: return GMIME_CONTENT_ENCODING_UUENCODE;
    case Encoding::identity: break;
    }
    return GMIME_CONTENT_ENCODING_BINARY;
}

/// What follows the line "begin MODE NAME".
std::string_view after_begin(std::string_view octets) {
    std::size_t at = octets.starts_with("begin ") ? 0 : octets.find("\nbegin ");
    if (at == octets.npos) return {};
    at = octets.find('\n', at + 1);
    return at == octets.npos ? std::string_view() : octets.substr(at + 1);
}

} // namespace

Encoding encoding_of(std::string_view value) {
    const auto token = trim(value.substr(0, value.find_first_of(";(")));
    if (ascii_iequals(token, "base64")) return Encoding::base64;
    if (ascii_iequals(token, "quoted-printable")) return Encoding::quoted_printable;
    for (const auto* name : {"x-uuencode", "uuencode", "x-uue"})
        if (ascii_iequals(token, name)) return Encoding::uuencode;
    return Encoding::identity;
}

struct Decoder::State {
    GMimeEncoding gmime{};
    std::array<char, piece_octets + 1024> out;
};

Decoder::Decoder(Encoding encoding, std::string_view octets) : encoding_(encoding), rest_(octets) {
    if (encoding_ == Encoding::identity) return;
    start_gmime();
    state_ = std::make_unique_for_overwrite<State>(); // words of a header are many, and its octets too
    g_mime_encoding_init_decode(&state_->gmime, to_gmime(encoding_));
    if (encoding_ == Encoding::uuencode) {
        rest_ = after_begin(octets);
        state_->gmime.state |= GMIME_UUDECODE_STATE_BEGIN;
    }
}

Decoder::~Decoder() = default;

bool Decoder::next(std::string_view& piece) {
    if (rest_.empty()) return false;
    const auto in = rest_.substr(0, piece_octets);
    rest_.remove_prefix(in.size());
    piece = in;
    if (encoding_ == Encoding::identity) return true;
    // None of these encodings' output is longer than its input; a few octets may wait from the piece before.
    const std::size_t made = g_mime_encoding_step(&state_->gmime, in.data(), in.size(), state_->out.data());
    piece = std::string_view(state_->out.data(), made);
    return true;
}

std::string decode(Encoding encoding, std::string_view octets) {
    std::string out;
    Decoder decoder(encoding, octets);
    std::string_view piece;
    while (decoder.next(piece))
        out += piece;
    return out;
}

} // namespace lazaret::mime
