#pragma once
// Postfix's log in systemd's journal, read through `journalctl --follow`: a child process, and not libsystemd, since the journal's
// files are mapped into memory and one that is cut short or damaged ends its reader with SIGBUS; here that is journalctl, which is
// started again from the saved cursor. It is also what the administrator can type to see the very same lines.

#include "core/time.hpp"
#include "engine/child.hpp"
#include "engine/log_source.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::engine {

class LogJournal final : public LogSource {
  public:
    /// Goes on behind the entry `cursor`, or behind where that was if it is gone; "" = with entries from `from` on. `units`:
    /// entries of these systemd units only, a field that no unprivileged program can forge. `program`: journalctl and what a
    /// test adds to it.
    LogJournal(std::vector<std::string> program, const std::vector<std::string>& units, std::string cursor, Time from);

    Result<std::vector<std::string>> read() override;
    void tell_position(store::LogPosition& position) const override { position.cursor = cursor_; }
    /// It has shown an entry, or runs for so long that it is not about to give up.
    bool is_there() const override;

  private:
    void take(std::string_view text, std::vector<std::string>& lines);

    std::vector<std::string> command_;
    std::string cursor_, first_; // first_: the entry to begin behind, until the first was seen
    std::optional<Child> child_;
    std::chrono::steady_clock::time_point started_{};
    std::string buffer_; // the beginning of a line
    bool has_ended_ = false, has_shown_ = false;
};

} // namespace lazaret::engine
