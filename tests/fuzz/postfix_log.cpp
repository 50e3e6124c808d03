// Any line in a mail log must be read without a crash, and what is read must stay within its bounds.

#include "detect/postfix_log.hpp"
#include "detect/remote_refusal.hpp"
#include "fuzz/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret::detect;
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto parsed = parse_postfix_line(line);
    if (const auto* delivery = std::get_if<DeliveryLine>(&parsed.what)) {
        lazaret::fuzz::check(delivery->recipient.size() <= 320 && delivery->text.size() <= lazaret::detect::DeliveryLine::longest_text,
                             "texts are bounded");
        lazaret::fuzz::check(delivery->queue_id.size() <= 40, "queue ids are bounded");
        lazaret::event::Event result;
        result.type = lazaret::event::Type::delivery_result;
        result.delivery = delivery->status;
        result.reason = delivery->text;
        const RemoteRefusal refusal = read_refusal(result, *Replies::standard());
        lazaret::fuzz::check(refusal.addresses.size() <= 4, "addresses are bounded");
        lazaret::fuzz::check(refusal.why != Why::none || refusal.list.empty(), "a list is a reason");
        lazaret::fuzz::check(refusal.list.empty() || refusal.may_mean(refusal.list), "a list may mean itself");
        lazaret::fuzz::check(refusal.list.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == refusal.list.npos,
                             "lists are host names");
    }
    lazaret::fuzz::check(!parsed.stamp.empty() || !log_time(parsed.stamp, lazaret::Time{}, {}),
                         "no time without a stamp");
    return 0;
}
