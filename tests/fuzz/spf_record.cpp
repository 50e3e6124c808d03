// A domain's SPF record, written by anybody: bounded, and whatever its macros expand to is one line of text.

#include "fuzz/check.hpp"
#include "spf/record.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using lazaret::fuzz::check;
using lazaret::spf::MacroString;
using lazaret::spf::MacroValues;

namespace {

void expand(const MacroString& macro) {
    MacroValues values;
    values.client = lazaret::IpAddress::parse("2001:db8::25").value();
    values.sender_local = "ann-of.isle";
    values.sender_domain = values.helo = "mail.isle.example";
    const auto name = macro.expand(values, "isle.example");
    check(name.size() <= 253 || name.find('.') == std::string::npos, "a name is short enough, or none");
    for (const char c : name)
        check(c >= ' ' && c < 0x7F, "printable in, printable out");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto record = lazaret::spf::Record::parse(text);
    check(!record || lazaret::spf::Record::is_one(text), "only what says so is a record");
    if (!record) {
        check(!record.error().message.empty(), "an error says what is wrong");
        return 0;
    }
    check(record->mechanisms.size() <= size / 2, "no term comes from nothing");
    for (const auto& mechanism : record->mechanisms) {
        check(mechanism.prefix_v4 >= 0 && mechanism.prefix_v4 <= 32 && mechanism.prefix_v6 >= 0 && mechanism.prefix_v6 <= 128, "prefixes are prefixes");
        if (mechanism.domain) expand(*mechanism.domain);
    }
    if (record->redirect) expand(*record->redirect);
    return 0;
}
