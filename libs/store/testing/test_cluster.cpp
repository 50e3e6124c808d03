#include "store/testing/test_cluster.hpp"

#include "store/migrate.hpp"
#include "store/transaction.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lazaret::store {

namespace fs = std::filesystem;

namespace {

fs::path find_binaries() {
    fs::path best;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", code))
        if (fs::exists(entry.path() / "bin/initdb") && entry.path() > best) best = entry.path();
    if (best.empty()) throw std::runtime_error("no PostgreSQL server below /usr/lib/postgresql");
    return best / "bin";
}

/// PostgreSQL refuses to run as root.
const passwd* unprivileged() {
    if (geteuid() != 0) return nullptr;
    const passwd* user = getpwnam("postgres");
    if (!user) user = getpwnam("nobody");
    if (!user) throw std::runtime_error("no user postgres or nobody to run PostgreSQL as");
    return user;
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& dir, const fs::path& log) {
    const passwd* user = unprivileged();
    std::vector<char*> arguments;
    for (const std::string& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) return child;
    // Without this a killed test program would leave its cluster behind. (Cleared by the change of user,
    // hence after it.)
    if (user && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (getppid() != parent) _exit(126);
    setpgid(0, 0);
    int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir(dir.c_str()) != 0) _exit(126);
    for (int fd = 3; fd < 256; ++fd)
        close(fd);
    unsetenv("ASAN_OPTIONS");
    execv(arguments[0], arguments.data());
    _exit(127);
}

std::string tail(const fs::path& log) {
    std::ifstream in(log);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

} // namespace

TestCluster& TestCluster::shared() {
    static TestCluster cluster;
    return cluster;
}

TestCluster::TestCluster() {
    const fs::path binaries = find_binaries();
    char name[] = "/tmp/lazaret-pg-XXXXXX"; // short: a socket's path has at most 107 octets
    if (!mkdtemp(name)) throw std::runtime_error("cannot make a folder in /tmp");
    dir_ = name;
    if (const passwd* user = unprivileged())
        if (chown(name, user->pw_uid, user->pw_gid) != 0)
            throw std::runtime_error("cannot give the folder away");
    pid_t child = spawn({binaries / "initdb", "-D", dir_ / "data", "-A", "trust", "-U", "postgres", "-E",
                         "UTF8", "--locale=C", "--no-sync"},
                        dir_, dir_ / "log");
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0)
        throw std::runtime_error("initdb failed: " + tail(dir_ / "log"));
    start();
}

TestCluster::~TestCluster() {
    stop();
    std::error_code code;
    fs::remove_all(dir_, code);
}

void TestCluster::start() {
    if (postmaster_ > 0) return;
    DatabaseSettings settings;
    settings.connection = "host=" + dir_.string() + " dbname=postgres";
    settings.role = "postgres";
    Database database(settings);
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    do {
        // After kill() the back ends need a moment to end; until then a new postmaster refuses to start and
        // ends.
        if (postmaster_ <= 0 || waitpid(postmaster_, nullptr, WNOHANG) == postmaster_)
            postmaster_ = spawn({find_binaries() / "postgres", "-D", dir_ / "data", "-k", dir_, "-c",
                                 "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c",
                                 "shared_buffers=16MB", "-c", "max_connections=60"},
                                dir_, dir_ / "log");
        if (database.connect()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    } while (std::chrono::steady_clock::now() < deadline);
    stop();
    throw std::runtime_error("PostgreSQL does not start: " + tail(dir_ / "log"));
}

void TestCluster::stop() {
    if (postmaster_ <= 0) return;
    ::kill(postmaster_, SIGQUIT);
    waitpid(postmaster_, nullptr, 0);
    postmaster_ = -1;
}

void TestCluster::kill() {
    if (postmaster_ <= 0) return;
    // Back ends outlive their postmaster until they look around: they go with it, as when the machine dies.
    std::vector<pid_t> all;
    std::ifstream list("/proc/" + std::to_string(postmaster_) + "/task/" + std::to_string(postmaster_) +
                       "/children");
    for (pid_t child; list >> child;)
        all.push_back(child);
    ::kill(postmaster_, SIGKILL);
    waitpid(postmaster_, nullptr, 0);
    postmaster_ = -1;
    for (pid_t child : all)
        ::kill(child, SIGKILL);
}

DatabaseSettings TestCluster::create_database() {
    start(); // a test that failed may have left it stopped
    DatabaseSettings settings;
    settings.connection = "host=" + dir_.string() + " dbname=postgres";
    settings.role = "postgres";
    settings.application = "test";
    Database maintenance(settings);
    std::string name = "test" + std::to_string(++count_);
    // CREATE DATABASE cannot run inside a transaction.
    auto connection = maintenance.open();
    if (!connection) throw std::runtime_error(connection.error().message);
    pqxx::nontransaction((*connection)->session).exec("CREATE DATABASE " + name);
    settings.connection = "host=" + dir_.string() + " dbname=" + name;
    return settings;
}

DatabaseSettings TestCluster::create_migrated_database() {
    DatabaseSettings settings = create_database();
    Database database(settings);
    if (auto done = migrate(database, Roles()); !done) throw std::runtime_error(done.error().message);
    return settings;
}

} // namespace lazaret::store
