// What mail should not carry unless the administrator says otherwise. Nobody at the other end would get it: the
// extensions are those that Gmail refuses, in archives too, and of those that Outlook and Exchange keep from their users
// the ones that run when they are opened. Left out are kinds that people send each other without harm or that those
// providers hide only from their own users: certificates (cer, crt, der), databases (mdb), mailboxes (pst), web pages
// (asp, mht), links (url), and scripts of developers (py, pl, sh).

#include "scan/attachments.hpp"

#include <algorithm>
#include <initializer_list>

namespace lazaret::scan {

Names AttachmentPolicy::default_extensions() {
    return {
        // programs and their parts
        "exe", "com", "scr", "pif", "dll", "sys", "vxd", "drv", "ocx", "cpl", "lib", "ex", "ex_", "app", "gadget",
        // scripts of Windows
        "bat", "cmd", "vb", "vbe", "vbs", "js", "jse", "mjs", "ws", "wsc", "wsf", "wsh", "sct", "hta", "ps1", "ps1xml", "ps2",
        "ps2xml", "psc1", "psc2", "psd1", "psm1", "msh", "msh1", "msh2", "mshxml", "msh1xml", "msh2xml", "cdxml", "pssc",
        // installers
        "msi", "msix", "msixbundle", "msp", "mst", "msu", "appx", "appxbundle", "appinstaller", "application", "appref-ms",
        "apk", "xapk", "jar", "jnlp", "dmg", "pkg", "cab", "nsh", "ins", "isp",
        // what makes the system run something else
        "lnk", "scf", "inf", "reg", "msc", "job", "shb", "shs", "chm", "hlp", "library-ms", "search-ms", "searchconnector-ms",
        "settingcontent-ms", "appcontent-ms", "website", "diagcab", "diagcfg", "diagpkg", "wsb", "theme", "themepack", "udl",
        // Office and Access files that are code
        "xll", "wll", "ade", "adp", "mde", "maf", "mam", "maq", "mar", "mas", "mav", "maw", "iqy", "slk",
        // images of discs: what is in them loses the mark of coming from outside
        "iso", "img", "vhd", "vhdx", "udf", "wim", "ace",
    };
}

Names AttachmentPolicy::default_types() {
    return {
        "application/x-msdownload", "application/x-msdos-program", "application/x-dosexec", "application/x-executable",
        "application/vnd.microsoft.portable-executable", "application/x-msi", "application/x-ms-installer",
        "application/x-ms-shortcut", "application/x-ms-application", "application/hta", "application/prg",
        "application/javascript", "application/x-javascript", "text/javascript", "text/scriptlet", "text/vbscript",
        "application/java-archive", "application/x-java-jnlp-file", "application/vnd.android.package-archive",
        "application/vnd.ms-htmlhelp", "application/x-chm", "application/x-apple-diskimage", "application/x-iso9660-image",
        "application/vnd.ms-cab-compressed", "application/x-cab-compressed", "application/x-internet-signup", "x-internet-signup",
    };
}

std::set<mime::Kind> AttachmentPolicy::default_kinds() {
    using mime::Kind;
    return {Kind::dos_executable, Kind::elf,     Kind::mach_o, Kind::java_class, Kind::android_dex,  Kind::shortcut,
            Kind::iso_image,      Kind::disk_image, Kind::ace,  Kind::cabinet,    Kind::compiled_help};
}

namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Packages are excused for what they hold, too.
Nature nature_of(std::string_view extension) {
    using mime::Kind;
    if (is_one_of(extension, {"exe", "com", "scr", "pif", "dll", "sys", "vxd", "drv", "ocx", "cpl", "xll", "wll"}))
        return {{Kind::dos_executable},
                {"application/x-msdownload", "application/x-msdos-program", "application/x-dosexec", "application/x-executable",
                 "application/vnd.microsoft.portable-executable"}};
    if (is_one_of(extension, {"bin", "run", "so", "o", "elf", "appimage"})) return {{Kind::elf}, {"application/x-executable"}};
    if (is_one_of(extension, {"app", "dylib"})) return {{Kind::mach_o}, {}};
    if (is_one_of(extension, {"js", "mjs", "jse"}))
        return {{}, {"application/javascript", "application/x-javascript", "text/javascript"}};
    if (is_one_of(extension, {"vbs", "vbe", "vb"})) return {{}, {"text/vbscript"}};
    if (is_one_of(extension, {"wsc", "sct"})) return {{}, {"text/scriptlet"}};
    if (extension == "hta") return {{}, {"application/hta"}};
    if (is_one_of(extension, {"msi", "msp", "mst"})) return {{}, {"application/x-msi", "application/x-ms-installer"}};
    if (is_one_of(extension, {"msix", "msixbundle", "appx", "appxbundle"})) return {{Kind::dos_executable}, {}};
    if (is_one_of(extension, {"application", "appref-ms"})) return {{}, {"application/x-ms-application"}};
    if (is_one_of(extension, {"ins", "isp"})) return {{}, {"application/x-internet-signup", "x-internet-signup"}};
    if (extension == "class") return {{Kind::java_class}, {}};
    if (extension == "jar") return {{Kind::java_class}, {"application/java-archive"}};
    if (extension == "jnlp") return {{}, {"application/x-java-jnlp-file"}};
    if (is_one_of(extension, {"apk", "xapk"}))
        return {{Kind::android_dex, Kind::elf, Kind::java_class}, {"application/vnd.android.package-archive"}};
    if (extension == "dex") return {{Kind::android_dex}, {}};
    if (extension == "lnk") return {{Kind::shortcut}, {"application/x-ms-shortcut"}};
    if (extension == "chm") return {{Kind::compiled_help}, {"application/vnd.ms-htmlhelp", "application/x-chm"}};
    if (is_one_of(extension, {"cab", "msu", "diagcab", "themepack"}))
        return {{Kind::cabinet}, {"application/vnd.ms-cab-compressed", "application/x-cab-compressed"}};
    if (is_one_of(extension, {"iso", "img", "udf"})) return {{Kind::iso_image}, {"application/x-iso9660-image"}};
    if (is_one_of(extension, {"dmg", "pkg"})) return {{}, {"application/x-apple-diskimage"}};
    if (is_one_of(extension, {"vhd", "vhdx"})) return {{Kind::disk_image}, {}};
    if (extension == "ace") return {{Kind::ace}, {}};
    return {};
}

} // namespace

void AttachmentPolicy::allow(const std::string& extension) {
    extensions.erase(extension);
    allowed.insert_or_assign(extension, nature_of(extension));
}

} // namespace lazaret::scan
