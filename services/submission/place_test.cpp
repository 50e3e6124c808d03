#include "net/init.hpp"
#include "net/test_support.hpp"
#include "submission/worker.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>

namespace lazaret::submission {
namespace {

using namespace net::test;

/// A node with three workers, of which one has a listener; the test turns their loops.
class Place : public testing::Test {
  protected:
    void SetUp() override {
        net::init();
        folder_ = std::filesystem::temp_directory_path() / ("lazaret-place-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
        const Certificate certificate;
        std::ofstream(folder_ / "cert.pem") << certificate.certificate;
        std::ofstream(folder_ / "key.pem") << certificate.key;
        config::Config config;
        config.node.hostname = "edge.example";
        config.node.state_dir = config.server.spool_dir = folder_;
        config.server.threads = 3;
        config.server.max_connections_per_address = 100;
        config.tls.certificates = {folder_ / "cert.pem"};
        config.tls.keys = {folder_ / "key.pem"};
        config.next_hop.addresses = {Endpoint("127.0.0.1", 1)};
        auto settings = Settings::make(std::move(config));
        ASSERT_TRUE(settings) << settings.error().message;
        store::JournalSettings keep;
        keep.dir = folder_ / "journal";
        keep.node = "test";
        auto journal = store::Journal::open(keep);
        ASSERT_TRUE(journal) << journal.error().message;
        node_ = std::make_unique<Node>(*settings, std::move(*journal), std::string(32, 'k'));
        std::vector<Worker*> all;
        for (auto& worker : workers_) {
            worker = std::make_unique<Worker>(*node_);
            all.push_back(worker.get());
        }
        for (auto* worker : all) worker->share_with(all);
        net::asio::io_context* contexts[] = {&workers_[0]->io()};
        auto bound = net::listen(Endpoint("127.0.0.1", 0), contexts);
        ASSERT_TRUE(bound) << bound.error().message;
        at_ = bound->front()->local();
        workers_[0]->add(Port::relay, std::move(bound->front()));
        for (auto* worker : all) worker->open();
    }
    void TearDown() override {
        clients_.clear();
        for (auto& worker : workers_) {
            worker->drain();
            worker->abort();
            worker->join();
            worker->io().run();
        }
        for (auto& worker : workers_) worker.reset();
        node_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::size_t all() const { return workers_[0]->sessions() + workers_[1]->sessions() + workers_[2]->sessions(); }
    void connect() {
        std::string error;
        loop_.run([](Endpoint to, Loop& loop, std::vector<std::unique_ptr<net::Stream>>& into, std::string& why) -> net::task<> {
            auto stream = co_await net::connect(to, 5s, loop.deadlines, why);
            into.push_back(std::move(stream));
        }(at_, loop_, clients_, error));
        ASSERT_EQ(error, "");
    }
    template <class Condition> void turn_until(Condition condition, std::size_t workers = 3) {
        for (const auto end = std::chrono::steady_clock::now() + 10s; !condition() && std::chrono::steady_clock::now() < end;)
            for (std::size_t i = 0; i < workers; ++i) workers_[i]->io().poll();
    }

    std::filesystem::path folder_;
    std::unique_ptr<Node> node_;
    std::unique_ptr<Worker> workers_[3];
    Endpoint at_;
    Loop loop_;
    std::vector<std::unique_ptr<net::Stream>> clients_;
};

TEST_F(Place, clients_go_to_the_thread_with_the_fewest_sessions) {
    for (std::size_t i = 1; i <= 9; ++i) {
        connect();
        turn_until([&] { return all() == i; });
    }
    for (const auto& worker : workers_) EXPECT_EQ(worker->sessions(), 3u);
}

TEST_F(Place, one_on_its_way_counts) {
    for (int i = 0; i < 3; ++i) connect();
    turn_until([&] { return all() == 3; }, 1); // the others sleep
    for (const auto& worker : workers_) EXPECT_EQ(worker->sessions(), 1u);
}

TEST_F(Place, nobody_is_sent_to_a_thread_that_may_end) {
    node_->draining = true;
    for (int i = 0; i < 3; ++i) {
        connect();
        char octets[100];
        net::Transfer heard(net::Transfer::State::would_block, 0);
        turn_until([&] { return (heard = clients_.back()->try_read(octets)).ok(); }, 1);
        EXPECT_TRUE(heard.ok()) << "served by who has taken it";
    }
}

} // namespace
} // namespace lazaret::submission
