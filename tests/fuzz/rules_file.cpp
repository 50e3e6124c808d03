// The administrator's rules: whatever the file holds, rules within their bounds or one error with its place.

#include "fuzz/check.hpp"
#include "scan/rules_file.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using lazaret::fuzz::check;
    const auto read = lazaret::scan::read_rules(std::string_view(reinterpret_cast<const char*>(data), size), "rules.toml");
    if (!read) {
        check(read.error().message.starts_with("rules.toml:"), "an error names its place");
        return 0;
    }
    for (const auto& written : *read) {
        check(!written.rule.name.empty() && written.rule.name.size() <= 64, "names are bounded");
        check(!written.rule.pattern.empty() && written.rule.pattern.size() <= lazaret::scan::max_pattern, "patterns are bounded");
        check(written.rule.score >= 0 && written.rule.score <= 1000, "scores are bounded");
        check(written.rule.tags.size() <= 8, "tags are bounded");
        check(written.line > 0 && written.column > 0, "a rule has its place");
        check(written.rule.field.empty() || written.rule.scope == lazaret::scan::Scope::header, "only a header has fields");
    }
    return 0;
}
