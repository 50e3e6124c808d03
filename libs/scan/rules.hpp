#pragma once
// Content rules of the administrator: a TOML file of [[rule]] tables, compiled by Hyperscan so that thousands
// of patterns cost one pass over the text.
//
//   [[rule]]
//   name = "casino"            # [a-z0-9_.-], 1-64, unique
//   scope = "body"             # or "header", "raw", "uri"
//   pattern = 'casino\s+bonus' # Hyperscan's PCRE subset: no backreferences, no lookaround
//   field = "Subject"          # header only: match this field's value alone
//   caseless = true            # default; ASCII letters
//   mode = "warn"              # enforce, warn (default), off
//   score = 10                 # default; 0-1000
//   tags = ["gambling"]        # default none; at most 8, written like names
//
// header: one unfolded field at a time, as "Name: value" or, with `field`, as its value; `^` and `$` are its ends. A
//   field with encoded words (RFC 2047) or octets beyond US-ASCII is looked at twice: as transferred, and decoded.
// body: the text as its reader sees it, decoded to UTF-8, line ends as LF; of HTML what it shows, and behind that what it
//   hides. `^` and `$` match at each line.
// raw: what follows the header, as transferred: base64, quoted-printable and markup as they are, headers of parts among
//   it, line ends as LF. `^` and `$` match at each line.
// uri: each URI of subject, text and markup in one form however it was written, "https://host/path" (mime/uris.hpp), and
//   each host by itself; `^` and `$` are its ends.

#include "core/result.hpp"
#include "mime/uris.hpp"
#include "verdict/finding.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::scan {

class Reading;

enum class Scope { header, body, raw, uri };

/// What rules look at. Views; the caller cuts them to the size it wants looked at, and leaves empty what no rule of the
/// set looks at.
struct Texts {
    std::string_view header;         ///< the header section, CRLF or LF
    std::string_view body;           ///< decoded, LF
    std::string_view raw;            ///< the body as transferred, CRLF or LF
    std::span<const mime::Uri> uris; ///< of the whole message
};

struct Rule {
    std::string name;
    Scope scope = Scope::body;
    std::string pattern;
    std::string field; ///< lower case; "" = every field
    bool caseless = true;
    verdict::Mode mode = verdict::Mode::warn;
    double score = 10;
    std::vector<std::string> tags; ///< go into the finding
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
    bool looks_at(Scope scope) const;                         ///< false: no rule that is on asks for it

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

    /// Each rule at most once, in the order of the file. Throws std::bad_alloc only.
    std::vector<verdict::Finding> scan(const RuleSet& rules, const Texts& texts);
    /// Has done of the reading what the rules look at, and nothing else.
    std::vector<verdict::Finding> scan(const RuleSet& rules, Reading& reading);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lazaret::scan
