#include "dns/cache.hpp"

namespace lazaret::dns {

const Answer* Cache::find(std::string_view name, Clock::time_point now) {
    const auto known = by_name_.find(name);
    if (known == by_name_.end()) return nullptr;
    const auto entry = known->second;
    if (entry->expires <= now) {
        by_name_.erase(known);
        entries_.erase(entry);
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return &entry->answer;
}

void Cache::put(const std::string& name, Answer answer, Clock::time_point expires) {
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
    entries_.push_front(Entry{name, std::move(answer), expires});
    by_name_.emplace(entries_.front().name, entries_.begin());
}

} // namespace lazaret::dns
