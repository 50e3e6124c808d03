#pragma once
// Answers that are still good, the most recently used ones.

#include "dns/resolver.hpp"

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lazaret::dns {

class Cache {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Cache(std::size_t most) : most_(most) {}

    /// nullptr for what is not known, or not any more. Good until the next call.
    const Answer* find(std::string_view name, Clock::time_point now);
    void put(const std::string& name, Answer answer, Clock::time_point expires);
    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::string name;
        Answer answer;
        Clock::time_point expires;
    };
    std::size_t most_;
    std::list<Entry> entries_; // used last in front
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_name_; // keys are views into the entries
};

} // namespace lazaret::dns
