#pragma once
// For tests only: a database with the schema, waiting for a state, events to order.

#include "event/event.hpp"
#include "store/database.hpp"
#include "store/events.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace lazaret::engine::test {

using namespace std::chrono_literals;

template <class Condition> bool eventually(Condition condition) {
    for (const auto end = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < end;) {
        if (condition()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

class DatabaseTest : public testing::Test {
  protected:
    DatabaseTest() : owner(store::TestCluster::shared().create_migrated_database()), as_engine(owner) {
        as_engine.role = "lazaret_engine";
        database.emplace(owner);
        // The tests kill the server, and what was committed must be there afterwards.
        auto durable = store::run(*database, "make commits durable", [](pqxx::work& tx) {
            tx.exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', "
                    "current_database());"
                    " END $$");
        });
        if (!durable) throw std::runtime_error(durable.error().message);
        database->disconnect();
    }
    store::DatabaseSettings owner, as_engine;
    std::optional<store::Database> database; ///< as the owner
};

class TempDir {
  public:
    TempDir() {
        std::string pattern = (std::filesystem::temp_directory_path() / "lazaret-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
        path = pattern;
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

inline event::Event relayed(const std::string& subscriber, Time at) {
    event::Event e;
    e.type = event::Type::message_relayed;
    e.at = at;
    e.trace = TraceId::make(at);
    e.subscriber = subscriber;
    e.recipients.emplace_back(1, "example.net");
    return e;
}

inline event::Event refused(const std::string& subscriber, Time at) {
    event::Event e = relayed(subscriber, at);
    e.type = event::Type::message_refused;
    e.refused_by = event::RefusedBy::content;
    e.reason = "pills";
    e.recipients.clear();
    return e;
}

inline event::Event bounced(const event::Event& of, Time at) {
    event::Event e = of;
    e.type = event::Type::delivery_result;
    e.at = at;
    e.delivery = event::DeliveryStatus::bounced;
    e.enhanced = "5.1.1";
    return e;
}

} // namespace lazaret::engine::test
