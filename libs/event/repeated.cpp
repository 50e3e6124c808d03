#include "event/repeated.hpp"

#include "core/text.hpp"

namespace lazaret::event {

namespace {
constexpr std::string_view before = "repeated ", behind = " times";
}

std::string repeated(std::string_view reason, std::uint64_t times) {
    std::string out(reason);
    if (!out.empty()) out += ", ";
    return out.append(before).append(std::to_string(times)).append(behind);
}

Repeated parse_repeated(std::string_view reason) {
    const auto at = reason.rfind(before);
    if (at == reason.npos || !reason.ends_with(behind)) return {reason, 1};
    const auto number = reason.substr(at + before.size(), reason.size() - at - before.size() - behind.size());
    const auto times = parse_unsigned(number);
    const auto stem = reason.substr(0, at);
    if (!times || !(stem.empty() || stem.ends_with(", "))) return {reason, 1};
    return {stem.substr(0, stem.empty() ? 0 : stem.size() - 2), *times};
}

} // namespace lazaret::event
