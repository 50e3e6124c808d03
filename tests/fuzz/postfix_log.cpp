// Any line in a mail log must be read without a crash, and what is read must stay within its bounds.

#include "detect/postfix_log.hpp"
#include "fuzz/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret::detect;
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto parsed = parse_postfix_line(line);
    if (const auto* delivery = std::get_if<DeliveryLine>(&parsed.what)) {
        lazaret::fuzz::check(delivery->recipient.size() <= 320 && delivery->text.size() <= 200,
                             "texts are bounded");
        lazaret::fuzz::check(delivery->queue_id.size() <= 40, "queue ids are bounded");
    }
    lazaret::fuzz::check(!parsed.stamp.empty() || !log_time(parsed.stamp, lazaret::Time{}, {}),
                         "no time without a stamp");
    return 0;
}
