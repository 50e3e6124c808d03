#pragma once
// The checks of content that need nobody else, as configured. Immutable, shared by all threads; a reload makes a new one.

#include "config/config.hpp"
#include "config/resolve.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "scan/attachments.hpp"
#include "scan/links.hpp"
#include "scan/rules.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::scan {

class Reading;

/// What one kind of check took and found. The first that needs a message taken apart takes the time for it.
struct CheckLook {
    std::string_view check; ///< "rules", "attachments", "links"
    Duration took{};
    std::size_t findings = 0;
};

class LocalChecks {
  public:
    /// Reads the files that the configuration names. Null when any of them cannot be used; each is told in `wrong`.
    static std::shared_ptr<const LocalChecks> load(const config::Config& config, std::vector<config::Conflict>& wrong);
    /// The same with all that is wrong in one sentence.
    static Result<std::shared_ptr<const LocalChecks>> load(const config::Config& config);

    /// No check is on: there is nothing that run() could find.
    bool empty() const { return !rules_ && !attachments_ && !checks_links_; }
    /// In the modes of the checks, under those of the configuration. `looks`: where each that is on tells of itself.
    std::vector<verdict::Finding> run(Reading& reading, RuleScanner& scanner, std::vector<CheckLook>* looks = nullptr) const;

    /// What to ask DNS lists about and what an event is to say: where the message leads, without what links.allow_file covers.
    std::vector<std::string> hosts(Reading& reading) const;

  private:
    std::shared_ptr<const RuleSet> rules_; ///< null: none
    std::unique_ptr<const AttachmentPolicy> attachments_;
    std::unique_ptr<const LinkPolicy> links_; ///< null: nobody needs to know of links
    bool checks_links_ = false;
};

} // namespace lazaret::scan
