// A line of the journal: damaged ones are refused, good ones come back the same.

#include "event/event.hpp"
#include "fuzz/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lazaret;
    const auto read = event::from_json(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!read) {
        fuzz::check(!read.error().message.empty(), "a refusal has a reason");
        return 0;
    }
    const std::string written = event::to_json(*read);
    fuzz::check(written.find('\n') == std::string::npos, "an event is one line");
    const auto again = event::from_json(written);
    fuzz::check(again.has_value() && *again == *read, "what is read comes back the same");
    return 0;
}
