// What mail should not carry unless the administrator says otherwise. Nobody at the other end would get it: the
// extensions are those that Gmail refuses, in archives too, and of those that Outlook and Exchange keep from their users
// the ones that run when they are opened. Left out are kinds that people send each other without harm or that those
// providers hide only from their own users: certificates (cer, crt, der), databases (mdb), mailboxes (pst), web pages
// (asp, mht), links (url), and scripts of developers (py, pl, sh).

#include "scan/attachments.hpp"

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

} // namespace lazaret::scan
