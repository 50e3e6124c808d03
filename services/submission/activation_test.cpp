#include "submission/activation.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace lazaret::submission {
namespace {

// Descriptors from 3 on belong to the test's own process, so that only environments without sockets can be tried here; the
// hand-over itself is tests/integration/restart_refuses_nobody.py.

void set(const std::string& process, const char* count) {
    ::setenv("LISTEN_PID", process.c_str(), 1);
    ::setenv("LISTEN_FDS", count, 1);
    ::setenv("LISTEN_FDNAMES", "submission", 1);
}

TEST(Activation, NothingIsHeldForAnotherProcess) {
    for (const std::string process : {"", "1", "-1", "x"}) {
        set(process, "1");
        auto held = Activation::from_environment();
        ASSERT_TRUE(held) << held.error().message;
        EXPECT_TRUE(held->left().empty());
        EXPECT_TRUE(held->take("submission", Endpoint("0.0.0.0", 587)).empty());
        EXPECT_EQ(::getenv("LISTEN_FDS"), nullptr) << "children must not believe it";
        EXPECT_EQ(::getenv("LISTEN_FDNAMES"), nullptr);
    }
}

TEST(Activation, NonsenseIsAnError) {
    for (const char* count : {"", "x", "-1", "100000"}) {
        set(std::to_string(::getpid()), count);
        EXPECT_FALSE(Activation::from_environment()) << count;
    }
}

} // namespace
} // namespace lazaret::submission
