// The file that carries submission through a restart: whatever stands in it, it is read or refused with a reason, and what is
// read comes back the same.

#include "fuzz/check.hpp"
#include "subscriber/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret;
    const auto read = subscriber::from_json(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!read) {
        fuzz::check(!read.error().message.empty(), "a refusal has a reason");
        return 0;
    }
    const std::string written = subscriber::to_json(*read);
    const auto again = subscriber::from_json(written);
    fuzz::check(again.has_value() && again->directory->rows() == read->directory->rows() &&
                    again->quarantine->entries() == read->quarantine->entries(),
                "what is read comes back the same");
    for (const auto& entry : read->quarantine->entries())
        read->quarantine->find({.subscriber = entry.subscriber, .account = entry.part, .client = {}}, entry.start);
    return 0;
}
