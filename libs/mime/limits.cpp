#include "mime/limits.hpp"

#include <algorithm>
#include <array>

namespace lazaret::mime {

namespace {

constexpr std::array<std::string_view, all_limits.size()> names = {
    "depth",       "parts",           "header",        "decoded",  "text", "uris",
    "attachments", "archive_entries", "archive_depth", "inflated", "ratio"};

} // namespace

std::string_view name(Limit limit) {
    return names[static_cast<std::size_t>(limit)];
}

std::string LimitSet::to_string() const {
    std::string out;
    for (const auto each : all_limits) {
        if (!has(each)) continue;
        if (!out.empty()) out += ',';
        out += name(each);
    }
    return out;
}

std::size_t Budget::take(std::size_t Budget::*left, std::size_t wanted, Limit limit) {
    const std::size_t given = std::min(this->*left, wanted);
    if (given < wanted) hit.add(limit);
    this->*left -= given;
    return given;
}

bool Budget::take_one(unsigned Budget::*left, Limit limit) {
    if (this->*left == 0) {
        hit.add(limit);
        return false;
    }
    --(this->*left);
    return true;
}

} // namespace lazaret::mime
