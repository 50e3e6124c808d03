// A message as the checks read it: what the fast path for plain text says is what taking the message apart says, and all
// checks bear with it.

#include "fuzz/check.hpp"
#include "message/header.hpp"
#include "scan/attachments.hpp"
#include "scan/links.hpp"
#include "scan/reading.hpp"
#include "scan/scanner.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    using namespace lazaret::scan;
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    lazaret::message::HeaderReader header;
    header.feed(octets);
    header.finish();
    Reading reading(octets, header.body_offset());
    check(reading.raw().size() + reading.header().size() <= octets.size(), "nothing is seen twice");
    const auto& full = reading.mime();
    if (reading.is_plain()) {
        check(full.attachments.empty() && full.deceptive_links.empty(), "plain text carries no files and no markup");
        check(full.texts.size() == 1 && reading.text() == full.texts[0].visible, "the text is the same");
        check(reading.uris().size() == full.uris.size(), "there are as many links");
        for (std::size_t i = 0; i < full.uris.size(); ++i)
            check(reading.uris()[i].uri == full.uris[i].uri, "and the same ones");
    } else {
        check(reading.text() == full.text(), "the text is the same");
    }
    reading.fingerprint();
    const AttachmentPolicy attachments;
    const LinkPolicy links;
    check(check_attachments(reading, attachments).size() <= max_findings, "findings are bounded");
    const MemoryOctets whole(octets);
    Reading beginning(octets.substr(0, size / 2), std::min<std::uint64_t>(header.body_offset(), size / 2), &whole);
    check(check_attachments(beginning, attachments).size() <= max_findings, "and where only a part is read");
    check_links(reading, links);
    check(hosts_to_ask(reading.uris(), links, 5).size() <= 5, "questions are bounded");
    return 0;
}
