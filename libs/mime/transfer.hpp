#pragma once
// Content transfer encodings (RFC 2045 6), decoded by GMime piece by piece, so that nobody has to hold what
// he only counts. This is the one place that knows GMime.
//
// GMime's parser is not used: it makes objects for every part and header field without a bound, its table of
// charset names grows with every name that a sender invents, and it hands such names to iconv, whose rarer
// converters have been exploited. The tests hold our reading of structure and parameters against GMime's.

#include <memory>
#include <string>
#include <string_view>

namespace lazaret::mime {

enum class Encoding { identity, base64, quoted_printable, uuencode };

/// Of a Content-Transfer-Encoding value; identity for 7bit, 8bit, binary and whatever is unknown.
Encoding encoding_of(std::string_view value);

/// Walks over encoded octets, which must outlive it. Characters outside the encoding's alphabet are skipped,
/// as readers do.
class Decoder {
  public:
    Decoder(Encoding encoding, std::string_view octets);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    /// The next piece, at most 48 KiB, valid until the next call; false at the end. A piece may be empty.
    bool next(std::string_view& piece);

  private:
    struct State;
    std::unique_ptr<State> state_;
    Encoding encoding_;
    std::string_view rest_;
};

/// All of it: for short things.
std::string decode(Encoding encoding, std::string_view octets);

} // namespace lazaret::mime
