#pragma once
// An event that stands for many: how many, at the end of its reason. Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::event {

/// "messages per hour, repeated 17 times", or without a reason "repeated 17 times".
std::string repeated(std::string_view reason, std::uint64_t times);

/// The other way round; 1 time where nothing is said of it.
struct Repeated {
    std::string_view reason;
    std::uint64_t times = 1;
};
Repeated parse_repeated(std::string_view reason);

} // namespace lazaret::event
