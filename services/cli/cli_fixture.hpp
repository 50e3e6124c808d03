#pragma once
// For tests only: the program as an administrator runs it, against a PostgreSQL of its own.

#include "store/testing/test_cluster.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace lazaret::cli::test {

class Cli : public testing::Test {
  protected:
    struct Done {
        int status = -1;
        std::string out, err;
    };
    store::DatabaseSettings owner = store::TestCluster::shared().create_database();
    store::Database database{owner};
    std::filesystem::path dir;

    void SetUp() override {
        char name[] = "/tmp/lazaret-cli-XXXXXX";
        dir = mkdtemp(name);
        setenv("LAZARET_CONFIG", (dir / "lazaret.toml").c_str(), 1);
        unsetenv("SUDO_USER");
        file("lazaret.toml", run(std::string(LAZARET_CLI) + " config example").out);
    }
    void TearDown() override { std::filesystem::remove_all(dir); }

    std::filesystem::path file(const std::string& name, const std::string& text) {
        std::ofstream(dir / name) << text;
        return dir / name;
    }
    /// Words as a shell would take them.
    Done lazaret(const std::string& words) {
        return run(std::string(LAZARET_CLI) + " --set 'database.connection=" + owner.connection +
                   "' --set database.owner_role=postgres " + words);
    }
    Done run(const std::string& command) {
        Done done;
        FILE* const output = ::popen((command + " 2>" + (dir / "err").string()).c_str(), "r");
        if (!output) return done;
        char piece[4096];
        for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, output)) > 0;)
            done.out.append(piece, got);
        const int status = ::pclose(output);
        done.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        std::ostringstream text;
        text << std::ifstream(dir / "err").rdbuf();
        done.err = text.str();
        return done;
    }
    nlohmann::json parsed(const std::string& words) {
        auto done = lazaret(words + " --json");
        EXPECT_EQ(done.status, 0) << words << ": " << done.err;
        return nlohmann::json::parse(done.out);
    }
    void fill() {
        ASSERT_EQ(lazaret("db migrate").status, 0);
        auto subscribers =
            file("s.csv", "subscriber,login,password,plan,class\nc1,a@example.org,p,residential,dynamic\n"
                          "c1,b@example.org,p,residential,dynamic\nc2,,,business,static\n");
        auto networks =
            file("n.csv",
                 "cidr,class,relay,subscriber,plan\n192.0.2.0/24,static,yes,c2,\n10.0.0.0/8,dynamic,no,,\n");
        auto done = lazaret("subscriber import --subscribers " + subscribers.string() + " --networks " +
                            networks.string());
        ASSERT_EQ(done.status, 0) << done.err;
    }
};

} // namespace lazaret::cli::test
