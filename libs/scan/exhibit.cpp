#include "scan/exhibit.hpp"

#include "mime/mask.hpp"

namespace lazaret::scan {

event::Exhibit make_exhibit(Reading& reading, std::string_view octets, const std::vector<std::string>& recipients,
                            std::uint64_t original) {
    const mime::Mask mask(recipients);
    event::Exhibit out;
    out.header = mask.header(reading.header(), longest_exhibit_header);
    out.excerpt = mask.text(reading.text(), longest_excerpt);
    out.original = octets.substr(0, original);
    return out;
}

} // namespace lazaret::scan
