#pragma once
// Hosts and domains that the administrator allows or blocks: a file with one a line.
//
//   # what follows a '#' is a comment; empty lines do not count
//   evil.example            this domain and all below it
//   *.shop.example          the same as shop.example
//   192.0.2.7               an address, as it stands in links
//   xn--bcher-kva.example   or bücher.example, in UTF-8

#include "core/result.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace lazaret::scan {

/// Immutable; share it between threads. Swap the pointer for a reload: a load that fails leaves the old one in force.
class HostList {
  public:
    static constexpr std::size_t max_file_size = 64 * 1024 * 1024, max_entries = 2'000'000;

    /// Errors as "file:line: what is wrong, what was expected".
    static Result<std::shared_ptr<const HostList>> load(const std::filesystem::path& file);
    static Result<std::shared_ptr<const HostList>> parse(std::string_view text, std::string_view file_name);

    /// The entry that covers `host` (as in mime::Uri: lower case, A-labels), itself or a domain above it; "" for none.
    std::string_view find(std::string_view host) const;
    bool covers(std::string_view host) const { return !find(host).empty(); }
    std::size_t size() const { return entries_.size(); }

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::unordered_set<std::string, Hash, std::equal_to<>> entries_;
};

} // namespace lazaret::scan
