#pragma once
// Standard Webhooks: how a receiver knows that a ticket is ours, is fresh, and has not been seen before.

#include "core/result.hpp"
#include "core/time.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace lazaret::respond {

/// The shared secret, read from "whsec_<base64>": 24 to 64 octets.
class Secret {
  public:
    static Result<Secret> parse(std::string_view text);
    /// The file's only line. The Error names the file and never its content.
    static Result<Secret> load(const std::filesystem::path& file);

    /// The value of webhook-signature: "v1,<base64 of HMAC-SHA256 over id.timestamp.body>".
    std::string sign(std::string_view id, Time at, std::string_view body) const;

  private:
    std::string key_;
};

/// The value of webhook-timestamp: whole seconds since 1970, of this attempt.
std::string timestamp(Time at);

} // namespace lazaret::respond
