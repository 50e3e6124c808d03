#include "mime/filename.hpp"

#include "core/text.hpp"
#include "mime/charset.hpp"

#include <algorithm>
#include <initializer_list>

namespace lazaret::mime {

namespace {

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Opened by a double click, these are programs or make programs run.
bool runs(std::string_view extension) {
    return one_of(
        extension,
        {"exe",        "com",         "scr",     "pif",  "bat",          "cmd",  "cpl", "dll",
         "msi",        "msp",         "mst",     "msc",  "ps1",          "psm1", "vbs", "vbe",
         "vb",         "js",          "jse",     "ws",   "wsf",          "wsh",  "wsc", "hta",
         "jar",        "jnlp",        "lnk",     "url",  "scf",          "reg",  "inf", "chm",
         "gadget",     "application", "appx",    "msix", "appinstaller", "xll",  "iqy", "settingcontent-ms",
         "library-ms", "search-ms",   "diagcab", "cab",  "apk",          "dmg",  "pkg", "command",
         "app",        "iso",         "img",     "vhd",  "vhdx",         "sct",  "job", "py",
         "pyw",        "sh"});
}

bool looks_harmless(std::string_view extension) {
    return one_of(extension, {"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "rtf",  "txt",
                              "csv", "htm", "html", "jpg", "jpeg", "png", "gif",  "bmp", "tif", "tiff", "mp3",
                              "mp4", "avi", "wav",  "mov", "zip",  "rar", "7z",   "xml", "eml", "log"});
}

bool has_direction_mark(std::string_view name) {
    for (std::size_t i = 0; i + 2 < name.size(); ++i) {
        const auto b = static_cast<unsigned char>(name[i + 1]), c = static_cast<unsigned char>(name[i + 2]);
        if (static_cast<unsigned char>(name[i]) != 0xE2) continue;
        if (b == 0x80 && ((c >= 0xAA && c <= 0xAE) || c == 0x8E || c == 0x8F)) return true;
        if (b == 0x81 && c >= 0xA6 && c <= 0xA9) return true;
    }
    return false;
}

/// Takes ".extension" off; "" where there is none.
std::string take_extension(std::string_view& name) {
    const auto dot = name.rfind('.');
    if (dot == name.npos) return {};
    auto out = ascii_lowercase(trim(name.substr(dot + 1)));
    name = trim(name.substr(0, dot));
    return out;
}

} // namespace

NameTraits traits_of(std::string_view utf8) {
    NameTraits out;
    const auto slash = utf8.find_last_of("/\\");
    std::string seen(slash == utf8.npos ? utf8 : utf8.substr(slash + 1));
    out.reordered = has_direction_mark(seen);
    remove_invisible(seen);
    seen = seen.substr(0, seen.find('\0')); // where C programs stop
    std::string_view name = seen;
    out.padded = name.find("        ") != name.npos;
    while (!name.empty() && (name.back() == '.' || name.back() == ' ')) // Windows drops them
        name.remove_suffix(1);
    out.extension = take_extension(name);
    out.runs = runs(out.extension);
    out.double_extension = out.runs && looks_harmless(take_extension(name));
    return out;
}

} // namespace lazaret::mime
