#pragma once
// The line to the running lazaret-submission of this machine: its socket for operators (docs/operations/sessions.md).

#include "cli/context.hpp"
#include "cli/output.hpp"

#include <string>

namespace lazaret::cli {

class Daemon {
  public:
    /// Connects to node.control_socket. Failure with one sentence: status unavailable when nobody answers, failed when this
    /// user may not.
    explicit Daemon(Context& context);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    void ask(const Json& request);
    /// SIGINT and SIGTERM end the answer instead of the program, and next() says false.
    void end_at_signal();
    static bool interrupted(); ///< by such a signal
    /// The next line of the answer; false at its end. A line {"error": …} is a Failure.
    bool next(Json& line);

  private:
    const std::string path_;
    int socket_ = -1;
    std::string pending_;
};

/// Which sessions are meant: the options of `session` and `trace`.
struct SessionFilter {
    std::string ip, account, subscriber;
    bool empty() const { return ip.empty() && account.empty() && subscriber.empty(); }
    void add_to(Json& request) const;
};

} // namespace lazaret::cli
