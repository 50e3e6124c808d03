#pragma once
// Listening sockets that the service manager holds for us (sd_listen_fds(3)): they stay open while we restart, and who
// connects in between waits in the kernel's queue instead of being refused.

#include "core/address.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::submission {

/// Owns the descriptors until they are taken.
class Activation {
  public:
    /// Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and removes them, so that no child believes them. Nothing is held where
    /// they are not for this process. An Error when they are and make no sense.
    static Result<Activation> from_environment();
    ~Activation();
    Activation(Activation&& other) noexcept : sockets_(std::move(other.sockets_)) { other.sockets_.clear(); }
    Activation& operator=(Activation&&) = delete;

    /// The sockets named `name` (FileDescriptorName=); without any, those without a name of a listener that are bound to the
    /// port or path of `configured`. The caller owns them now.
    std::vector<int> take(std::string_view name, const Endpoint& configured);
    /// What nobody took: "name (address)", for the log.
    std::vector<std::string> left() const;

  private:
    struct Held {
        int descriptor = -1;
        std::string name;
        Endpoint local;
    };
    Activation() = default;
    std::vector<Held> sockets_;
};

} // namespace lazaret::submission
