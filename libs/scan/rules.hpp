#pragma once
// Content rules of the administrator: a TOML file of [[rule]] tables, compiled by Hyperscan so that thousands
// of patterns cost one pass over the text.
//
//   [[rule]]
//   name = "casino"            # [a-z0-9_.-], 1-64, unique
//   scope = "body"             # or "header"
//   pattern = 'casino\s+bonus' # Hyperscan's PCRE subset: no backreferences, no lookaround
//   field = "Subject"          # header only: match this field's value alone
//   caseless = true            # default; ASCII letters
//   mode = "warn"              # enforce, warn (default), off
//   score = 10                 # default; 0-1000
//
// A header rule sees one unfolded field at a time, as "Name: value" or, with `field`, as its value; `^` and
// `$` are its ends, encoded words (RFC 2047) are not decoded. A body rule sees the body as transferred
// (base64 and quoted-printable not decoded) with line ends as LF; `^` and `$` match at each line.

#include "core/result.hpp"
#include "verdict/finding.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::scan {

enum class Scope { header, body };

struct Rule {
    std::string name;
    Scope scope = Scope::body;
    std::string pattern;
    std::string field; ///< lower case; "" = every field
    bool caseless = true;
    verdict::Mode mode = verdict::Mode::warn;
    double score = 10;
};

/// Immutable; share it between threads. Swap the pointer for a reload: a load that fails leaves the old one
/// in force.
class RuleSet {
  public:
    struct Databases; // rules.cpp: the only place that knows Hyperscan

    /// Errors as "file:line:column: what is wrong, what was expected".
    static Result<std::shared_ptr<const RuleSet>> load(const std::filesystem::path& file);
    static Result<std::shared_ptr<const RuleSet>> parse(std::string_view toml, std::string_view file_name);
    RuleSet(); ///< no rules
    ~RuleSet();

    const std::vector<Rule>& rules() const { return rules_; } ///< in the order of the file

  private:
    friend class RuleScanner;
    std::vector<Rule> rules_;
    std::unique_ptr<Databases> databases_;
    std::uint64_t serial_; // tells sets apart where an address would be used again
};

/// One thread's working memory for matching. Keeps its buffers between messages.
class RuleScanner {
  public:
    RuleScanner();
    ~RuleScanner();
    RuleScanner(RuleScanner&&) noexcept;
    RuleScanner& operator=(RuleScanner&&) noexcept;

    /// `header_block`: the header section with CRLF or LF line ends; `body`: what follows the empty line. The
    /// caller cuts both to the size it wants looked at. Each rule at most once, in the order of the file.
    /// Throws std::bad_alloc only.
    std::vector<verdict::Finding> scan(const RuleSet& rules, std::string_view header_block,
                                       std::string_view body);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lazaret::scan
