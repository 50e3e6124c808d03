#pragma once
// What reading one message may cost. A message is written by whoever sends it, so everything in it that grows
// has a bound; a bound that is reached ends the work on that kind of thing, keeps what has been found, and is
// named in the result.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace lazaret::mime {

/// Octets unless said otherwise. The message's own size is the caller's to bound.
struct Limits {
    unsigned depth = 16;                       ///< containers (multipart, message/rfc822) within one another
    unsigned parts = 1000;                     ///< MIME parts, containers among them, looked at
    std::size_t header_octets = 1048576;       ///< of each header section; what is behind is not seen
    std::size_t decoded_octets = 64 * 1048576; ///< out of base64, quoted-printable and plain, of all parts
    std::size_t text_octets = 1048576;         ///< of text kept, as UTF-8, of all parts
    unsigned uris = 500; ///< different ones, and deceptive links; 20 times as many are tried
    unsigned attachments = 200;
    unsigned archive_entries = 2000;           ///< of all archives of the message
    unsigned archive_depth = 2;                ///< archives read within one another; 0 = only the outermost
    std::size_t inflated_octets = 8 * 1048576; ///< out of archives, of the whole message
    unsigned ratio = 200; ///< inflated to packed octets of one entry, once it has become a megabyte
};

enum class Limit : unsigned {
    depth,
    parts,
    header,
    decoded,
    text,
    uris,
    attachments,
    archive_entries,
    archive_depth,
    inflated,
    ratio
};
inline constexpr std::array all_limits = {
    Limit::depth,       Limit::parts,           Limit::header,        Limit::decoded,  Limit::text, Limit::uris,
    Limit::attachments, Limit::archive_entries, Limit::archive_depth, Limit::inflated, Limit::ratio};
std::string_view name(Limit limit); ///< as the enumerator is written

class LimitSet {
  public:
    void add(Limit limit) { bits_ |= 1u << static_cast<unsigned>(limit); }
    bool has(Limit limit) const { return (bits_ >> static_cast<unsigned>(limit) & 1u) != 0; }
    bool any() const { return bits_ != 0; }
    std::string to_string() const; ///< "depth,parts"; "" for none
    bool operator==(const LimitSet&) const = default;

  private:
    unsigned bits_ = 0;
};

/// What is left of the limits while one message is read. One message's, one thread's.
struct Budget {
    explicit Budget(const Limits& given)
        : limits(given), parts(given.parts), decoded(given.decoded_octets), text(given.text_octets),
          archive_entries(given.archive_entries), inflated(given.inflated_octets) {}

    /// Takes as much of `wanted` as is left, and notes the limit where that is less.
    std::size_t take(std::size_t Budget::*left, std::size_t wanted, Limit limit);
    bool take_one(unsigned Budget::*left, Limit limit); ///< false: none was left

    Limits limits;
    LimitSet hit;
    unsigned parts;
    std::size_t decoded, text;
    unsigned archive_entries;
    std::size_t inflated;
};

} // namespace lazaret::mime
