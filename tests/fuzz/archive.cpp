// ZIP and gzip: whatever the file holds, entries within the limits. First octet: how tight they are.

#include "mime/archive.hpp"
#include "core/text.hpp"
#include "fuzz/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    using namespace lazaret::mime;
    if (size == 0) return 0;
    Limits limits;
    limits.archive_entries = data[0];
    limits.inflated_octets = 1024u * data[0];
    Budget budget(limits);
    const std::string_view octets(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto archive =
        read_archive(octets, octets.starts_with("\x1F\x8B") ? Kind::gzip : Kind::zip, budget);
    check(archive.entries.size() <= limits.archive_entries, "entries are bounded");
    check(budget.inflated <= limits.inflated_octets, "inflated octets only grow fewer");
    bool encrypted = false;
    for (const auto& each : archive.entries) {
        check(each.name.size() <= 1024 && lazaret::is_valid_utf8(each.name), "names are UTF-8 and bounded");
        check(each.depth <= limits.archive_depth, "depth is bounded");
        encrypted |= each.encrypted;
    }
    check(encrypted == archive.encrypted, "an encrypted entry is told");
    return 0;
}
