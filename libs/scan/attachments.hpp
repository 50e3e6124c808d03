#pragma once
// Files that mail should not carry, by what they are called, declared and made of, in archives too.
//
// Findings, each once however many files it is said of:
//   attachment.extension.exe       a forbidden extension, of any of the names that a part gives its file
//   attachment.kind.dos_executable forbidden by its first octets, whatever it is called (mime/magic.hpp)
//   attachment.type.application_hta a forbidden MIME type
//   attachment.inside.exe          a forbidden extension or kind within a ZIP or gzip file, or one in that
//   attachment.disguised           a name made to mislead about a program: invoice.pdf.exe, or turned around (U+202E),
//                                  or with its extension pushed out of sight by spaces
//   attachment.encrypted           a ZIP file with an encrypted entry: nobody here can look into it
//   attachment.ambiguous           an archive whose two directories differ: programs disagree about what is in it
//   attachment.macros              an Office document with a VBA project
//   attachment.unread.REASON       there is more, or there may be more, than was looked at. REASON is the limit that was
//                                  reached as mime::Limit spells it (depth, parts, header, decoded, text, uris, attachments,
//                                  archive_entries, archive_depth, inflated, ratio), or
//       damaged     a ZIP file without a directory, or with one that leads outside
//       method      a file in a ZIP file, packed in a way that cannot be read here; its name has been judged
//       structure   parts that readers of mail disagree about
//       fragment    message/partial: a piece of a message
//       size        an archive that reaches beyond what is read of a message (content.scan_size)
// Of one file the first of extension, kind and type is reported, so that one file does not count three times.

#include "mime/magic.hpp"
#include "scan/check.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::mime {
struct Message;
}

namespace lazaret::scan {

class Reading;

using Names = std::set<std::string, std::less<>>;

/// What files of an extension are made of and declared as, so that who wants the one gets the other, too.
struct Nature {
    std::set<mime::Kind> kinds;
    Names types;
};

struct AttachmentPolicy {
    Names extensions = default_extensions();       ///< lower case, without the dot
    Names types = default_types();                 ///< lower case: "application/hta"
    std::set<mime::Kind> kinds = default_kinds();
    /// Extensions that are not forbidden after all, with what such files are: "exe" and the kind dos_executable. A file of
    /// another name is not excused for being of that kind.
    std::map<std::string, Nature, std::less<>> allowed;
    Check forbidden{verdict::Mode::enforce, 10};   ///< extension, kind, type
    Check inside{verdict::Mode::enforce, 10};      ///< the same in an archive, without types
    Check disguised{verdict::Mode::enforce, 10};
    Check encrypted{verdict::Mode::warn, 4};
    Check ambiguous{verdict::Mode::warn, 4};
    Check macros{verdict::Mode::warn, 3};
    Check unread{verdict::Mode::warn, 2};

    static Names default_extensions();
    static Names default_types();
    static std::set<mime::Kind> default_kinds();
    void allow(const std::string& extension); ///< takes it off the list, and adds it to `allowed`
};

std::vector<verdict::Finding> check_attachments(const mime::Message& message, const AttachmentPolicy& policy);
/// Without taking a message apart that is text alone.
std::vector<verdict::Finding> check_attachments(Reading& reading, const AttachmentPolicy& policy);

} // namespace lazaret::scan
