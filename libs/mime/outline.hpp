#pragma once
// The files of a message of any size, by the headers of its parts and their first octets: for what stands behind the part
// of a message that read() is given.

#include "mime/limits.hpp"
#include "mime/mime.hpp"
#include "mime/part_header.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::mime {

/// Is fed the whole message in pieces and keeps one header of a part and one line at a time. Looks at the beginning of
/// each line, once, so that time is linear however deep the parts are. Bounded by the limits of depth, parts, header
/// and attachments.
class Outline {
  public:
    /// `seen`: octets from the start that somebody else has read. Only what ends behind them is listed.
    explicit Outline(std::uint64_t seen, const Limits& limits = {}) : seen_(seen), limits_(limits), parts_(limits.parts) {}

    void feed(std::string_view octets); ///< pieces of any size, cut anywhere
    void finish();

    /// Names, declared type, kind by the first octets; no size, nothing of what an archive holds.
    const std::vector<Attachment>& files() const { return files_; }
    const LimitSet& truncated_by() const { return hit_; }

  private:
    struct Container {
        std::string dashed; // "--BOUNDARY"
        unsigned depth = 0;
        bool is_digest = false;
    };
    enum class At { header, body, end };

    void line(std::string_view text);
    bool delimiter(std::string_view text);
    void begin_part(unsigned depth, const char* default_type);
    void end_header();
    void begin_body(PartHeader header);
    void end_body();

    std::uint64_t seen_;
    Limits limits_;
    unsigned parts_;
    std::uint64_t fed_ = 0; // octets of whole lines
    std::string carry_;     // of a line that has not ended
    bool skips_ = false;    // the rest of a line that is too long to be kept
    At at_ = At::header;
    std::string section_;
    unsigned depth_ = 0;
    const char* default_type_ = "text/plain";
    std::vector<Container> containers_;
    std::optional<Attachment> file_;  // that is being passed
    bool is_text_ = false;            // text without a name: only a program is a file
    Encoding encoding_ = Encoding::identity;
    std::string head_;                // of it, as transferred
    std::vector<Attachment> files_;
    LimitSet hit_;
};

} // namespace lazaret::mime
