#pragma once
// One field after another out of a header block (RFC 5322 2.2): zero-copy, of a message or of a MIME part.

#include <optional>
#include <string>
#include <string_view>

namespace lazaret::message {

/// Views into the block that the cursor was given.
struct Field {
    std::string_view name;  ///< as written, without white space before the colon
    std::string_view value; ///< after the colon, still folded, without the last line end

    bool is(std::string_view other_name) const; ///< names are compared without case
    std::string unfolded() const;               ///< one line, without white space at the ends
};

/// Removes the line ends of folding and trims (RFC 5322 2.2.3). A bare CR or LF goes too.
std::string unfold(std::string_view value);

/// Walks over a header block. Lines that are no field are skipped, together with their continuations.
class FieldCursor {
  public:
    explicit FieldCursor(std::string_view block) : rest_(block) {}
    std::optional<Field> next(); ///< nullopt at the end

  private:
    std::string_view rest_;
};

} // namespace lazaret::message
