#include "net/together.hpp"

#include "net/test_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace lazaret::net {
namespace {

using namespace net::test;
using testing::ElementsAre;

class Together : public testing::Test {
  protected:
    /// Tells when it begins and, after so many turns of the loop, when it ends.
    task<std::string> say(std::string word, int turns) {
        const auto executor = co_await asio::this_coro::executor;
        told_ += "+" + word;
        for (int i = 0; i < turns; ++i)
            co_await asio::post(executor, use_task);
        told_ += "-" + word;
        if (word == "throw") throw std::runtime_error("a bug");
        co_return word;
    }
    task<> main(std::vector<task<std::string>> tasks) {
        results_ = co_await together(std::move(tasks));
        told_ += ".";
    }
    void run(std::vector<std::pair<std::string, int>> words) {
        std::vector<task<std::string>> tasks;
        for (auto& [word, turns] : words)
            tasks.push_back(say(word, turns));
        loop_.run(main(std::move(tasks)));
    }

    Loop loop_;
    std::string told_;
    std::vector<std::string> results_;
};

TEST_F(Together, RunSideBySideAndReturnInTheirOrder) {
    run({{"a", 3}, {"b", 1}, {"c", 2}});
    EXPECT_EQ(told_, "+a+b+c-b-c-a.");
    EXPECT_THAT(results_, ElementsAre("a", "b", "c"));
}

TEST_F(Together, MayEndBeforeAnybodyWaits) {
    run({{"a", 0}, {"b", 0}});
    EXPECT_EQ(told_, "+a-a+b-b.");
    EXPECT_THAT(results_, ElementsAre("a", "b"));
}

TEST_F(Together, OfNoneIsDoneAtOnce) {
    run({});
    EXPECT_EQ(told_, ".");
}

TEST_F(Together, ThrowsWhenAllHaveEnded) {
    EXPECT_THROW(run({{"throw", 1}, {"b", 4}}), std::runtime_error);
    EXPECT_EQ(told_, "+throw+b-throw-b");
}

TEST_F(Together, MayBeDestroyedHalfway) {
    std::vector<task<std::string>> tasks;
    {
        Loop doomed;
        tasks.push_back(say("a", 1'000'000));
        doomed.spawn(main(std::move(tasks)));
        doomed.io.run_one();
        doomed.io.run_one();
    }
    EXPECT_EQ(told_.find('.'), std::string::npos);
}

} // namespace
} // namespace lazaret::net
