#include "mime/magic.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace lazaret::mime {

namespace {

using namespace std::string_view_literals;

struct Magic {
    std::size_t offset;
    std::string_view octets;
    Kind kind;
};

// The first that fits. Where they are written down, in the order of the lines: PE/COFF (Microsoft), System V
// gABI, DEX (AOSP), MS-SHLLINK 2.1, APPNOTE 4.3.7, 4.3.16 and 8.5 (spanned), RAR 4 and 5 technotes,
// 7zFormat.txt, RFC 1952, bzip2's source, xz-file-format, RFC 8878, POSIX ustar, MS-CAB 2.1, ACE and ARJ and
// LZH by their unpackers, MS-VHDX, VHD 1.0, MS-CFB 2.2, MS-ONESTORE 2.3.1, CHM as ITSF, RTF 1.9.1,
// MS-OXTNEF 2.1.1, PNG 5.2, ITU T.81 with JFIF, GIF89a.
constexpr std::array table = {
    Magic{0,
          "\x7F"
          "ELF"sv,
          Kind::elf},
    Magic{0, "dex\n"sv, Kind::android_dex},
    Magic{0, "\x4C\0\0\0\x01\x14\x02\0"sv, Kind::shortcut},
    Magic{0, "PK\x03\x04"sv, Kind::zip},
    Magic{0, "PK\x05\x06"sv, Kind::zip},
    Magic{0, "PK00PK\x03\x04"sv, Kind::zip},
    Magic{0, "PK\x07\x08PK\x03\x04"sv, Kind::zip},
    Magic{0, "Rar!\x1A\x07"sv, Kind::rar},
    Magic{0, "7z\xBC\xAF\x27\x1C"sv, Kind::seven_zip},
    Magic{0, "\x1F\x8B\x08"sv, Kind::gzip},
    Magic{4, "1AY&SY"sv, Kind::bzip2}, // behind "BZh" and a digit
    Magic{0,
          "\xFD"
          "7zXZ\0"sv,
          Kind::xz},
    Magic{0, "\x28\xB5\x2F\xFD"sv, Kind::zstd},
    Magic{257, "ustar"sv, Kind::tar},
    Magic{0, "MSCF\0\0\0\0"sv, Kind::cabinet},
    Magic{7, "**ACE**"sv, Kind::ace},
    Magic{0, "\x60\xEA"sv, Kind::arj},
    Magic{0, "vhdxfile"sv, Kind::disk_image},
    Magic{0, "conectix"sv, Kind::disk_image},
    Magic{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, Kind::ole2},
    Magic{0, "\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3"sv, Kind::onenote},
    Magic{0, "ITSF\x03\0\0\0"sv, Kind::compiled_help},
    Magic{0, "{\\rt"sv, Kind::rtf},
    Magic{0, "\x78\x9F\x3E\x22"sv, Kind::tnef},
    Magic{0, "\x89PNG\r\n\x1A\n"sv, Kind::png},
    Magic{0, "\xFF\xD8\xFF"sv, Kind::jpeg},
    Magic{0, "GIF8"sv, Kind::gif},
    Magic{32769, "CD001"sv, Kind::iso_image}, // ECMA-119 8.1.2
    Magic{0, "#!"sv, Kind::script},
};

constexpr std::string_view names[] = {"unknown",
                                      "dos_executable",
                                      "elf",
                                      "mach_o",
                                      "java_class",
                                      "android_dex",
                                      "script",
                                      "shortcut",
                                      "zip",
                                      "rar",
                                      "seven_zip",
                                      "gzip",
                                      "bzip2",
                                      "xz",
                                      "zstd",
                                      "tar",
                                      "cabinet",
                                      "ace",
                                      "arj",
                                      "lzh",
                                      "iso_image",
                                      "disk_image",
                                      "ole2",
                                      "onenote",
                                      "compiled_help",
                                      "rtf",
                                      "pdf",
                                      "html",
                                      "xml",
                                      "tnef",
                                      "png",
                                      "jpeg",
                                      "gif"};
static_assert(std::size(names) == static_cast<std::size_t>(Kind::gif) + 1);

/// What begins with letters that a text may begin with too.
Kind by_letters(std::string_view octets) {
    const auto is_binary = [](char c) {
        return static_cast<unsigned char>(c) < '\t' || static_cast<unsigned char>(c) > 0x7E;
    };
    const auto head = octets.substr(0, 64);
    if (head.starts_with("MZ") && std::any_of(head.begin(), head.end(), is_binary))
        return Kind::dos_executable;
    if (head.size() > 6 && head.substr(2).starts_with("-lh") && head[6] == '-') return Kind::lzh;
    return Kind::unknown;
}

/// Mach-O (Apple's mach-o/loader.h, fat.h); a fat file begins like a Java class (JVM specification 4.1),
/// whose version is larger than any number of architectures.
Kind mach_o_or_java(std::string_view octets) {
    for (const auto magic :
         {"\xFE\xED\xFA\xCE"sv, "\xFE\xED\xFA\xCF"sv, "\xCE\xFA\xED\xFE"sv, "\xCF\xFA\xED\xFE"sv})
        if (octets.starts_with(magic)) return Kind::mach_o;
    if (!octets.starts_with("\xCA\xFE\xBA\xBE"sv) || octets.size() < 8) return Kind::unknown;
    return octets[4] == 0 && octets[5] == 0 && octets[6] == 0 && static_cast<unsigned char>(octets[7]) < 40
               ? Kind::mach_o
               : Kind::java_class;
}

Kind markup(std::string_view octets) {
    if (octets.starts_with("\xEF\xBB\xBF")) octets.remove_prefix(3);
    octets.remove_prefix(std::min(octets.find_first_not_of(" \t\r\n\f\0"sv), octets.size()));
    for (const auto tag :
         {"<!doctype html", "<html", "<head", "<body", "<script", "<meta", "<iframe", "<svg", "<hta:"})
        if (ascii_istarts_with(octets, tag)) return Kind::html;
    if (!octets.starts_with("<?xml")) return Kind::unknown;
    const auto rest = ascii_lowercase(octets.substr(0, 1024));
    return rest.find("<html") != rest.npos || rest.find("<svg") != rest.npos ? Kind::html : Kind::xml;
}

} // namespace

std::string_view name(Kind kind) {
    return names[static_cast<std::size_t>(kind)];
}

bool is_executable(Kind kind) {
    return kind >= Kind::dos_executable && kind <= Kind::shortcut;
}

bool is_archive(Kind kind) {
    return kind >= Kind::zip && kind <= Kind::disk_image;
}

Kind kind_of(std::string_view octets) {
    for (const auto& each : table)
        if (octets.size() >= each.offset && octets.substr(each.offset).starts_with(each.octets))
            return each.kind;
    if (const auto kind = by_letters(octets); kind != Kind::unknown) return kind;
    if (const auto kind = mach_o_or_java(octets); kind != Kind::unknown) return kind;
    // PDF readers look for it anywhere in the first 1024 octets (ISO 32000-1, annex H 3.4.1 of Adobe's
    // edition).
    if (octets.substr(0, 1024).find("%PDF-") != octets.npos) return Kind::pdf;
    return markup(octets.substr(0, 4096));
}

} // namespace lazaret::mime
