#pragma once
// What the header section of a message or of a part says of what follows it (RFC 2045 3).

#include "mime/filename.hpp"
#include "mime/limits.hpp"
#include "mime/parameters.hpp"
#include "mime/transfer.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::mime {

inline constexpr std::size_t longest_boundary = 256; // RFC 2046 5.1.1 says 70

struct PartHeader {
    ParameterisedValue type; ///< "text/plain" where nothing is declared, or nothing that could be a type
    ParameterisedValue disposition; ///< value "attachment", "inline", ...; "" where nothing is declared
    /// Content-Type and Content-Disposition beyond the first of each: some readers take the last one.
    std::vector<ParameterisedValue> further;
    Encoding encoding = Encoding::identity;
    bool repeated = false; ///< a field that may be there once is there more often: readers disagree about which counts

    bool is_multipart() const { return type.value.starts_with("multipart/"); }
    bool is_message() const { return type.value == "message/rfc822" || type.value == "message/global"; }
};

/// `section`: the fields, CRLF or LF, wherever among others those of Content-* stand. More of them, or longer ones, than
/// are read reach Limit::header.
PartHeader read_part_header(std::string_view section, std::string_view default_type, LimitSet& hit);

/// The fields at the front of `octets`, whole ones within `most` octets (else Limit::header is reached), and where what
/// follows them begins.
struct Section {
    std::string_view fields;
    std::size_t body_at = 0;
};
Section section_at_front(std::string_view octets, std::size_t most, LimitSet& hit);

/// What a part calls its file: filename= and name= of all its fields, different ones, UTF-8.
struct FileNames {
    static constexpr std::size_t most = 8, longest = 1024; ///< number, octets

    std::vector<std::string> names;
    std::vector<NameTraits> traits; ///< of each in its full length
};
FileNames file_names(const PartHeader& header, LimitSet& hit);

} // namespace lazaret::mime
