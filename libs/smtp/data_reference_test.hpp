#pragma once
// What DataReader must give, written the slow and obvious way, for tests and fuzzing.

#include <optional>
#include <string>

namespace lazaret::smtp::reference {

struct Content {
    std::string content;
    std::size_t taken = 0; ///< octets of the input up to and with the end
    bool bare_newline = false;
};

/// One line without its CRLF: a leading dot goes away, a bare LF becomes CRLF, CRs before the CRLF go away
/// and any other run of CRs becomes a space.
inline std::string canonical(std::string line, bool& bare_newline) {
    if (!line.empty() && line.front() == '.') line.erase(0, 1);
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\n') {
            bare_newline = true;
            out += "\r\n";
        } else if (line[i] == '\r') {
            bare_newline = true;
            const bool run_goes_on = i + 1 < line.size() && line[i + 1] == '\r';
            const bool at_end = i + 1 == line.size();
            if (!run_goes_on && !at_end) out += ' ';
        } else {
            out += line[i];
        }
    }
    return out + "\r\n";
}

/// nullopt: the end is not there.
inline std::optional<Content> read(const std::string& input) {
    const std::string framed = "\r\n" + input; // the first line starts as if after a CRLF
    const std::size_t end = framed.find("\r\n.\r\n");
    if (end == std::string::npos) return std::nullopt;
    Content result;
    result.taken = end + 5 - 2;
    std::size_t begin = 2;
    while (begin < end + 2) {
        const std::size_t line_end = framed.find("\r\n", begin);
        result.content += canonical(framed.substr(begin, line_end - begin), result.bare_newline);
        begin = line_end + 2;
    }
    return result;
}

} // namespace lazaret::smtp::reference
