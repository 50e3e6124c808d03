#include "detect/text_slots.hpp"

#include <algorithm>

namespace lazaret::detect {

void Text::forget(float factor) {
    sent *= factor;
    caught *= factor;
    strangers *= factor;
    results *= factor;
    failed *= factor;
    if (sent < 0.02f) *this = Text();
}

Text& TextSlots::use(std::uint64_t fingerprint, Text& evicted) {
    evicted = Text();
    auto found = std::find_if(slots.begin(), slots.end(), [fingerprint](const Text& text) {
        if (text.empty()) return false;
        if (text.fingerprint == 0 || fingerprint == 0) return text.fingerprint == fingerprint;
        return are_similar(text.fingerprint, fingerprint);
    });
    if (found == slots.end()) {
        found = std::find_if(slots.begin(), slots.end(), [](const Text& text) { return text.empty(); });
        if (found == slots.end()) {
            found = slots.end() - 1;
            evicted = *found;
        }
        *found = Text();
        found->fingerprint = fingerprint;
    }
    std::rotate(slots.begin(), found, found + 1);
    return slots[0];
}

void TextSlots::forget(float factor) {
    for (Text& text : slots)
        if (!text.empty()) text.forget(factor);
}

} // namespace lazaret::detect
