// Any line in a mail log must be read without a crash, and what is read must stay within its bounds.

#include "detect/postfix_log.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret::detect;
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto parsed = parse_postfix_line(line);
    if (const auto* delivery = std::get_if<DeliveryLine>(&parsed.what)) {
        if (delivery->recipient.size() > 320 || delivery->text.size() > 200 || delivery->queue_id.size() > 40)
            std::abort();
    }
    if (auto at = log_time(parsed.stamp, lazaret::Time{}, {}); at && parsed.stamp.empty()) std::abort();
    return 0;
}
