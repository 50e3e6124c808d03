#pragma once
// What an archive holds, without unpacking it: ZIP (APPNOTE.TXT 6.3.10) and gzip (RFC 1952).

#include "mime/filename.hpp"
#include "mime/limits.hpp"
#include "mime/magic.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::mime {

struct ArchiveEntry {
    std::string name; ///< UTF-8, at most 1 KiB; folders end with "/"
    NameTraits traits;
    Kind kind = Kind::unknown;          ///< by the first octets, where they can be read
    std::uint64_t size = 0, packed = 0; ///< as declared
    unsigned depth = 0;                 ///< 0 = in the archive itself, 1 = in an archive in it
    bool encrypted = false;
};

struct Archive {
    std::vector<ArchiveEntry> entries; ///< of nested archives behind the one that holds them
    bool damaged = false;              ///< no directory, or one that leads outside
    /// Directory and local headers tell of different files, or there is something in front: programs disagree
    /// about what is in it.
    bool ambiguous = false;
    bool has_macros = false; ///< an Office document with a VBA project
    bool encrypted = false;  ///< at least one entry
    bool unread = false;     ///< at least one entry is packed in a way that cannot be read here
};

/// `octets`: the whole file, of which `kind` is zip or gzip; anything else has no entries. `names`: of the file, since what is
/// in a gzip file is called like that without ".gz" where it has no name of its own, and by some programs even if it has. Entries that both
/// the central directory and the local headers show come once. Never fails; work is bounded by the budget's
/// entries and inflated octets and by the size of the file.
Archive read_archive(std::string_view octets, Kind kind, Budget& budget, const std::vector<std::string>& names = {});

/// A ZIP file with something in front, which programs open all the same since they begin at its end.
bool ends_like_zip(std::string_view octets);

} // namespace lazaret::mime
