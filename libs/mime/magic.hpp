#pragma once
// What octets are, by how they begin, whatever they are called.

#include <cstdint>
#include <string_view>

namespace lazaret::mime {

enum class Kind : std::uint8_t {
    unknown,
    dos_executable, ///< "MZ": DOS, Windows (PE, DLL, SCR)
    elf,
    mach_o,
    java_class,
    android_dex,
    script,   ///< "#!"
    shortcut, ///< Windows shell link (LNK)
    zip,
    rar,
    seven_zip,
    gzip,
    bzip2,
    xz,
    zstd,
    tar,
    cabinet,
    ace,
    arj,
    lzh,
    iso_image,
    disk_image, ///< VHD, VHDX
    ole2,       ///< Office 97-2003, MSI, Outlook messages
    onenote,
    compiled_help,
    rtf,
    pdf,
    html,
    xml,
    tnef, ///< winmail.dat
    png,
    jpeg,
    gif,
};
std::string_view name(Kind kind); ///< as the enumerator is written

/// What a computer runs when it is opened.
bool is_executable(Kind kind);
/// Holds files of its own.
bool is_archive(Kind kind);

/// By the first octets; an ISO 9660 image is known with the first 32,774 (its volume descriptor), the others
/// with 1024.
Kind kind_of(std::string_view octets);

} // namespace lazaret::mime
