#pragma once
// What is kept of a message that was refused, discarded or diverted for its content, for the ticket and the abuse desk.

#include <string>

namespace lazaret::event {

/// Texts are UTF-8, with LF as their only control octet, and name no recipient (mime/mask.hpp).
struct Exhibit {
    std::string header;   ///< lines "Name: value"
    std::string excerpt;  ///< of the text as its reader sees it
    std::string original; ///< the message's first octets as they came; "" unless wanted (exhibits.original)

    bool operator==(const Exhibit&) const = default;
};

} // namespace lazaret::event
