#pragma once
// Inside libs/store only: CSV files read and checked as far as that goes without a database.

#include "core/result.hpp"
#include "subscriber/model.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace lazaret::store {

/// Collects what is wrong with a file.
class FileErrors {
  public:
    explicit FileErrors(const std::filesystem::path& file) : file_(file.string()) {}
    void add(std::size_t line, const std::string& message);
    bool none() const { return count_ == 0; }
    Error error() const; ///< at most 20, then how many more

  private:
    std::string file_, text_;
    std::size_t count_ = 0;
};

struct SubscriberRow {
    std::size_t line = 0;
    std::string subscriber, login, password, plan;
    subscriber::Class klass{};
};
struct NetworkRow {
    std::size_t line = 0;
    subscriber::Network network;
};

/// Every line for itself and against the others of the file: no login twice, one plan and class per
/// subscriber.
Result<std::vector<SubscriberRow>> read_subscriber_file(const std::filesystem::path& file);
/// No block twice.
Result<std::vector<NetworkRow>> read_network_file(const std::filesystem::path& file);

} // namespace lazaret::store
