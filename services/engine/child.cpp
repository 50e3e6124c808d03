#include "engine/child.hpp"

#include "core/text.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace lazaret::engine {
namespace {

std::string in_words(int error) {
    return std::generic_category().message(error);
}

/// Both ends closed on exec; ours does not wait.
struct Pipe {
    int ours = -1, theirs = -1;
    bool open() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return false;
        ours = ends[0];
        theirs = ends[1];
        return ::fcntl(ours, F_SETFL, O_NONBLOCK) == 0;
    }
    void close_theirs() {
        if (theirs >= 0) ::close(std::exchange(theirs, -1));
    }
    ~Pipe() {
        close_theirs();
        if (ours >= 0) ::close(ours);
    }
};

/// Signals as a program expects them, whatever this process does with its own.
class Plan {
  public:
    Plan(int output, int errors) {
        ::posix_spawn_file_actions_init(&files_);
        ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&files_, errors, STDERR_FILENO);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Plan() {
        ::posix_spawn_file_actions_destroy(&files_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    int run(pid_t& pid, const std::vector<std::string>& command) {
        std::vector<char*> words;
        for (const std::string& word : command)
            words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        return ::posix_spawnp(&pid, words[0], &files_, &attributes_, words.data(), ::environ);
    }

  private:
    posix_spawn_file_actions_t files_;
    posix_spawnattr_t attributes_;
};

} // namespace

Result<Child> Child::start(const std::vector<std::string>& command) {
    Pipe output, errors;
    if (!output.open() || !errors.open()) return Error("cannot start " + command[0] + ": " + in_words(errno), true);
    pid_t pid = 0;
    if (const int failed = Plan(output.theirs, errors.theirs).run(pid, command); failed != 0)
        return Error("cannot start " + command[0] + ": " + in_words(failed), true);
    return Child(pid, std::exchange(output.ours, -1), std::exchange(errors.ours, -1));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), output_(std::exchange(other.output_, -1)),
      errors_(std::exchange(other.errors_, -1)) {}

Child::~Child() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
    }
    if (output_ >= 0) ::close(output_);
    if (errors_ >= 0) ::close(errors_);
}

Result<bool> Child::read(std::string& into, std::size_t most) {
    const auto before = into.size();
    into.resize(before + most);
    ssize_t got = 0;
    do
        got = ::read(output_, into.data() + before, most);
    while (got < 0 && errno == EINTR);
    const int failed = errno;
    into.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && failed != EAGAIN) return Error("cannot read from a program: " + in_words(failed), true);
    return got != 0;
}

std::string Child::last_words() {
    std::string said(4096, '\0');
    const auto got = ::read(errors_, said.data(), said.size()); // it says a line or two
    said.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    const auto text = trim(said);
    if (!text.empty()) return printable(text.substr(text.rfind('\n') + 1), 300);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    pid_ = 0;
    return WIFSIGNALED(status) ? "killed by signal " + std::to_string(WTERMSIG(status))
                               : "exit status " + std::to_string(WEXITSTATUS(status));
}

} // namespace lazaret::engine
