// The administrator's list of hosts: whatever the file holds, hosts in one form or one error with its place.

#include "fuzz/check.hpp"
#include "scan/host_list.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto list = lazaret::scan::HostList::parse(text, "hosts");
    if (!list) {
        check(list.error().message.starts_with("hosts:"), "an error names its place");
        return 0;
    }
    const auto entry = (*list)->find(text.substr(0, text.find('\n')));
    check(entry.empty() || (*list)->find(entry) == entry, "an entry covers itself");
    check((*list)->size() <= size, "no entry comes from nothing");
    return 0;
}
