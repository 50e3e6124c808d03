#pragma once
// How results look: a table or sentences for people, JSON for programs.

#include "core/time.hpp"
#include "event/event.hpp"
#include "store/directory.hpp"
#include "store/incidents.hpp"
#include "store/quarantine.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::cli {

using Json = nlohmann::ordered_json;

void print_json(const Json& json);

/// Left-aligned columns, two blanks between; the last one is not padded. Control characters become '?'.
class Table {
  public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    void print() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

std::string show_time(Time at);                                       ///< "2026-11-21 10:42:00 UTC"
std::string show_time(const std::optional<Time>& at);                 ///< "-" for none
std::string show_span(Duration length);                               ///< "12 minutes", "3 hours", roughly
std::string show_ago(Time at, Time now);                              ///< "12 minutes ago", "in 3 hours"
std::string show_count(std::uint64_t count, const std::string& noun); ///< "1 message", "3 messages"
std::string join(const std::vector<std::string>& words, const std::string& separator);

Json to_json(const store::QuarantineRecord& record, Time at);
Json to_json(const store::IncidentRecord& incident);
Json to_json(const subscriber::Network& network);
Json to_json(const store::SubscriberView& view);

} // namespace lazaret::cli
