#pragma once
// A similarity hash of a text (SimHash, Charikar 2002): texts of one campaign, which differ in a name, a
// number or a link, get hashes that differ in few of their 64 bits; other texts differ in about half of them.

#include <cstdint>
#include <string_view>

namespace lazaret::message {

/// Of the body as transferred: its words of letters, in lower case, in pairs; numbers, markup and what a
/// transfer encoding made unreadable do not count. Looks at the first 600 words within 32 KiB. 0 for less
/// than ten words: too little to say that two texts are alike.
std::uint64_t fingerprint(std::string_view body);

} // namespace lazaret::message
