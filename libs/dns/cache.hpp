#pragma once
// Values that are still good, the most recently used ones, by name.

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace lazaret::dns {

template <class Value> class Cache {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Cache(std::size_t most) : most_(most) {}

    /// nullptr for what is not known, or not any more. Good until the next call.
    const Value* find(std::string_view name, Clock::time_point now) {
        const auto known = by_name_.find(name);
        if (known == by_name_.end()) return nullptr;
        const auto entry = known->second;
        if (entry->expires <= now) {
            by_name_.erase(known);
            entries_.erase(entry);
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, entry);
        return &entry->value;
    }

    void put(const std::string& name, Value value, Clock::time_point expires) {
        if (const auto known = by_name_.find(name); known != by_name_.end()) {
            const auto entry = known->second;
            by_name_.erase(known);
            entries_.erase(entry);
        }
        if (most_ == 0) return;
        if (entries_.size() >= most_) {
            by_name_.erase(entries_.back().name);
            entries_.pop_back();
        }
        entries_.push_front(Entry{name, std::move(value), expires});
        by_name_.emplace(entries_.front().name, entries_.begin());
    }

    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::string name;
        Value value;
        Clock::time_point expires;
    };
    using Entries = std::list<Entry>;

    std::size_t most_;
    Entries entries_;                                                           // used last in front
    std::unordered_map<std::string_view, typename Entries::iterator> by_name_; // keys are views into the entries
};

} // namespace lazaret::dns
