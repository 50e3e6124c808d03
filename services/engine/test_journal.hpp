#pragma once
// For tests only: a systemd-journald of the test's own, in a mount namespace where /run is a folder of the test.

#include "engine/test_support.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

namespace lazaret::engine::test {

class Journald {
  public:
    static constexpr const char* program = "/usr/lib/systemd/systemd-journald";
    static constexpr const char* unit = "postfix@-.service";

    Journald() {
        for (const char* name : {"systemd/journal", "systemd/journald.conf.d", "log/journal"})
            std::filesystem::create_directories(dir_.path / name);
        std::ofstream(dir_.path / "systemd/journald.conf.d/test.conf")
            << "[Journal]\nStorage=volatile\nAudit=no\nReadKMsg=no\nForwardToWall=no\nRateLimitBurst=0\n";
        start();
    }
    ~Journald() { stop(); }

    /// False where there is none, or where namespaces are not for us.
    bool is_running() const { return pid_ > 0; }
    void start() {
        if (::access(program, X_OK) != 0) return;
        std::filesystem::remove(socket_path()); // of the one before
        const auto child = ::fork();
        if (child == 0) {
            if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                ::mount(dir_.path.c_str(), "/run", nullptr, MS_BIND, nullptr) != 0)
                ::_exit(126);
            ::execl(program, program, nullptr);
            ::_exit(127);
        }
        pid_ = child;
        if (!eventually([&] { return std::filesystem::exists(socket_path()) || has_ended(); })) pid_ = 0;
    }
    void stop() { end(SIGTERM); }
    void kill() { end(SIGKILL); }
    void rotate() const {
        const auto count = files();
        ::kill(pid_, SIGUSR2);
        eventually([&] { return files() > count; });
    }

    /// What Postfix's `daemon` says. It names the unit as only root may: the test itself is in none.
    void say(const std::string& daemon, const std::string& message, const std::string& of = unit) const {
        const std::string fields = "MESSAGE=" + message + "\nSYSLOG_IDENTIFIER=postfix/" + daemon +
                                   "\nSYSLOG_PID=7\nOBJECT_SYSTEMD_UNIT=" + of + "\n";
        const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        socket_path().string().copy(at.sun_path, sizeof at.sun_path - 1);
        const bool is_sent = ::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
                             ::send(socket, fields.data(), fields.size(), 0) == static_cast<ssize_t>(fields.size());
        ::close(socket);
        EXPECT_TRUE(is_sent) << message;
    }
    std::vector<std::string> journalctl() const {
        return {"journalctl", "--directory=" + (dir_.path / "log/journal").string()};
    }

  private:
    std::filesystem::path socket_path() const { return dir_.path / "systemd/journal/socket"; }
    std::ptrdiff_t files() const {
        std::error_code ignored;
        std::ptrdiff_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path / "log/journal", ignored))
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    }
    bool has_ended() {
        if (::waitpid(pid_, nullptr, WNOHANG) == 0) return false;
        pid_ = 0;
        return true;
    }
    void end(int signal) {
        if (pid_ <= 0) return;
        ::kill(pid_, signal);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    TempDir dir_;
    pid_t pid_ = 0;
};

} // namespace lazaret::engine::test
