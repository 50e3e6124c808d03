#pragma once
// What other servers mean by their replies, told by words. Many have one enhanced code for every refusal, and all of them
// write their own sentences: these are compared with known ones, which stand in a file (deploy/config/replies.txt, built in).

#include "core/result.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::detect {

/// Why a server refused mail for where it comes from or for what it looks like.
enum class Why {
    none,            ///< no such refusal
    unwanted,        ///< this message looked like spam
    unauthenticated, ///< the sender's domain does not let us send for it, or does not exist: the subscriber's mistake
    listed,          ///< a blocklist has an address or a name of ours
    reputation,      ///< the other side's own opinion of our address
};
std::string_view to_string(Why why); ///< "none", "unwanted", ...

class Replies {
  public:
    static constexpr std::size_t max_lines = 10'000;

    /// Reads a file's text. The error names the line, as "line 12: found ..., expected ...".
    static Result<Replies> parse(std::string_view text);
    /// Reads a file; errors as "FILE: what is wrong". Without a name: standard().
    static Result<std::shared_ptr<const Replies>> load(const std::filesystem::path& file);
    /// Those that are built in.
    static std::shared_ptr<const Replies> standard();

    /// Replies are expected in lower case.
    bool says_nonexistent(std::string_view reply) const;
    Why why(std::string_view reply) const;
    /// Domains of those who run blocklists.
    const std::vector<std::string>& operators() const { return operators_; }

  private:
    struct Line {
        std::string words;
        Why why;
    };
    std::vector<Line> lines_;
    std::vector<std::string> nonexistent_, about_sender_, operators_;
};

} // namespace lazaret::detect
