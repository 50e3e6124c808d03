// PolicyReader: the same requests whatever the pieces, bounded. First octet: size of the pieces.

#include "fuzz/check.hpp"
#include "smtp/policy_request.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using lazaret::fuzz::check;
using namespace lazaret::smtp;

namespace {

struct Seen {
    std::vector<PolicyRequest> requests;
    bool fault = false;
    bool operator==(const Seen&) const = default;
};

Seen read(std::string_view input, std::size_t piece) {
    PolicyReader reader;
    Seen seen;
    for (std::size_t at = 0; at < input.size() && !seen.fault; at += piece) {
        std::string part(input.substr(at, piece)); // its own block: reading past it is seen
        while (!part.empty() && !seen.fault) {
            part.erase(0, reader.feed(part));
            if (reader.state() == PolicyReader::State::complete) seen.requests.push_back(reader.take());
            seen.fault = reader.state() == PolicyReader::State::fault;
        }
    }
    return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    const Seen whole = read(input, input.size() + 1);
    check(read(input, data[0] == 0 ? 1 : data[0]) == whole, "pieces make no difference");
    for (const auto& request : whole.requests) {
        for (const auto* text : {&request.state, &request.instance, &request.sender, &request.recipient, &request.helo, &request.login})
            check(text->size() <= 4096 && text->find_first_of(std::string_view("\n\0", 2)) == std::string::npos, "values are bounded lines");
        std::string wire;
        append_action(wire, Reply(550, Enhanced(5, 7, 1), request.sender + request.recipient));
        check(wire.find('\n') == wire.size() - 2 && wire.ends_with("\n\n"), "an answer is one line");
    }
    return 0;
}
