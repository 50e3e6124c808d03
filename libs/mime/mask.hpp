#pragma once
// What may be kept of a message although it is somebody's: whom it was for cannot be read any more, what kind of message it was
// can. Pure; its work is bounded by `most`.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace lazaret::mime {

/// Hides, in doubt rather too much:
///  - the local part of every address, quoted or percent-encoded too: "***@isle.example"; the domain stays;
///  - of links all but scheme, host and the plain parts of the path: "https://evil.example/offer/***?***";
///  - six digits or more, whatever separates them: "+** *** *******";
///  - long runs of letters and digits that could be something encoded;
///  - the recipients' names: the words of their local parts, wherever they stand, but for "info" and its like.
class Mask {
  public:
    /// What a text is. Of a field names and digits stay, of another server's reply digits: they are codes and addresses of hosts.
    enum class Of { prose, field, reply };
    static constexpr std::size_t max_recipients = 200;
    static constexpr std::string_view hidden = "***"; ///< stands for what is

    /// `recipients`: addresses of the envelope; no more than max_recipients of them are known by name.
    explicit Mask(const std::vector<std::string>& recipients);

    /// UTF-8 in, UTF-8 out, with LF line ends; other control octets become '?'. At most `most` octets, cut between two
    /// characters. Nothing of a local part is left because the text was cut in front of its '@'.
    std::string text(std::string_view utf8, std::size_t most) const;
    /// A header section as lines "Name: value", unfolded and decoded (RFC 2047). Of fields that name recipients the domains
    /// alone are left. At most `most` octets of whole lines; the last one tells how many fields more there are.
    std::string header(std::string_view section, std::size_t most) const;
    /// What a server replied, as one printable line of at most `most` octets.
    std::string reply(std::string_view text, std::size_t most) const;

  private:
    void append(std::string_view text, Of what, std::string& out) const;

    std::unordered_set<std::string> names_; ///< lower case
};

} // namespace lazaret::mime
