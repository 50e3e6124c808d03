// console::parse: what root or a member of the group may say. A request that is not understood ends no session, and an answer is a line.

#include "core/text.hpp"
#include "fuzz/check.hpp"
#include "submission/console_protocol.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>

using lazaret::fuzz::check;
using namespace lazaret::submission;
using Kind = console::Request::Kind;

namespace {

/// The same request, as `lazaret session` would write it.
std::string written(const console::Request& request) {
    nlohmann::json out;
    out["request"] = request.kind == Kind::sessions ? "sessions" : request.kind == Kind::kill ? "kill" : "trace";
    out["most"] = request.most;
    const auto& wanted = request.wanted;
    if (wanted.id) out["id"] = *wanted.id;
    if (wanted.network) out["ip"] = wanted.network->to_string();
    if (!wanted.account.empty()) out["account"] = wanted.account;
    if (!wanted.subscriber.empty()) out["subscriber"] = wanted.subscriber;
    return out.dump();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string line(reinterpret_cast<const char*>(data), size); // its own block: reading past it is seen
    const auto request = console::parse(line);
    if (!request) {
        const auto answer = console::error_line(request.error().message);
        check(answer.find('\n') == answer.size() - 1, "an answer is one line");
        check(nlohmann::json::parse(answer, nullptr, false).contains("error"), "an answer is JSON");
        check(answer.size() < 500, "an answer is short");
        return 0;
    }
    check(request->kind == Kind::sessions || !request->wanted.empty(), "whom to end or to watch is said");
    check(request->most <= console::most_listed, "an answer is bounded");
    check(request->wanted.account == lazaret::ascii_lowercase(request->wanted.account), "accounts are in lower case");
    const auto again = console::parse(written(*request));
    check(bool(again) && written(*again) == written(*request), "what is written is read back");
    return 0;
}
