#pragma once
// Where Postfix's log comes from: a file (log_file.hpp) or the journal (log_journal.hpp). It only reads; where it stands is the
// caller's to save.

#include "core/result.hpp"
#include "store/log_position.hpp"

#include <string>
#include <vector>

namespace lazaret::engine {

class LogSource {
  public:
    virtual ~LogSource() = default;
    /// The next whole lines without their ends, as syslog writes them into a file, at most about 256 KiB; none when there is
    /// nothing new. An Error when it cannot be read; a source made anew from the position that was saved may go on then.
    virtual Result<std::vector<std::string>> read() = 0;
    /// Behind the last line that read() returned; the sequence is left alone.
    virtual void tell_position(store::LogPosition& position) const = 0;
    /// Whether there is something that it reads from. Its absence is no error, since it may come.
    virtual bool is_there() const = 0;
};

} // namespace lazaret::engine
