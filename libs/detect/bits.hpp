#pragma once
// Counting bits without the processor's own instruction, which a program for every x86-64 may not use: std::popcount
// becomes a call of a library function there. These are a few operations, and the compiler runs four at once.

#include <cstdint>

namespace lazaret::detect {

constexpr std::uint32_t ones(std::uint32_t bits) {
    bits -= bits >> 1 & 0x55555555u;
    bits = (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0fu;
    bits += bits >> 8;
    return (bits + (bits >> 16)) & 63u;
}

constexpr std::uint32_t ones(std::uint64_t bits) {
    return ones(static_cast<std::uint32_t>(bits)) + ones(static_cast<std::uint32_t>(bits >> 32));
}

} // namespace lazaret::detect
