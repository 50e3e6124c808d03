#pragma once
// What a file's name tells, and hides.

#include <string>
#include <string_view>

namespace lazaret::mime {

struct NameTraits {
    std::string extension; ///< lower case, without the dot, as the system that opens it sees it; "" for none
    bool runs = false;     ///< an extension that Windows, macOS or a Java runtime runs when it is opened
    bool double_extension = false; ///< "invoice.pdf.exe": one that runs behind one that looks harmless
    bool reordered =
        false;           ///< direction marks (U+202A-E, U+2066-9, U+200E-F) make it read otherwise than it is
    bool padded = false; ///< eight or more spaces, to push the extension out of sight
};

/// `utf8`: a name or a path; what is before the last slash or backslash does not count.
NameTraits traits_of(std::string_view utf8);

} // namespace lazaret::mime
