#pragma once
// A program that is started for what it writes, and read without waiting.

#include "core/result.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace lazaret::engine {

class Child {
  public:
    /// `command`: the program, looked for in PATH, and its arguments. stdin is empty.
    static Result<Child> start(const std::vector<std::string>& command);
    ~Child(); ///< kills it
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;

    /// Appends what is there of its stdout, at most `most` octets; false when it has ended and nothing is left.
    Result<bool> read(std::string& into, std::size_t most);
    /// How it ended, in words: the end of what it said on stderr, or its status. Only after read() was false.
    std::string last_words();

  private:
    Child(pid_t pid, int output, int errors) : pid_(pid), output_(output), errors_(errors) {}
    pid_t pid_;
    int output_, errors_;
};

} // namespace lazaret::engine
