#pragma once
// A private PostgreSQL for tests: on a unix socket in a temporary folder, as an unprivileged user, ended with
// the test program.

#include "store/database.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace lazaret::store {

class TestCluster {
  public:
    /// One per test program, started on first use. Throws when PostgreSQL is not installed or does not start.
    static TestCluster& shared();
    ~TestCluster();

    /// Makes an empty database and gives settings for it as the superuser.
    DatabaseSettings create_database();
    /// The same with the schema in it; connect as any role by setting `role` (lazaret_submission,
    /// lazaret_engine, ...).
    DatabaseSettings create_migrated_database();

    void start(); ///< after stop() or kill()
    void stop();  ///< immediate shutdown
    void kill();  ///< SIGKILL to postmaster and back ends, as when the machine loses the process

  private:
    TestCluster();
    std::filesystem::path dir_;
    pid_t postmaster_ = -1;
    int count_ = 0;
};

} // namespace lazaret::store
