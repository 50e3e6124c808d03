#include "detect/amounts.hpp"

#include "event/name_hash.hpp"

#include <algorithm>

namespace lazaret::detect {
namespace {

// Less than that in each message surprises nobody: a letter to two, of 100 kB.
constexpr std::array<float, all_amounts.size()> harmless{2, 2, 100'000};

} // namespace

void Amounts::take(const event::Event& message) {
    of(Amount::recipients).hour += static_cast<float>(message.recipients.size());
    of(Amount::octets).hour += static_cast<float>(message.size);
    for (const auto& recipient : message.recipients) {
        const auto domain = event::name_hash(recipient.domain);
        if (domains_.may_have(domain)) continue;
        domains_.add(domain);
        of(Amount::domains).hour += 1;
    }
}

void Amounts::forget(float kept) {
    for (One& one : amounts_)
        one.hour *= kept;
}

void Amounts::learn(double messages) {
    if (messages < 0.5) return;
    for (const Amount what : all_amounts) {
        One& one = of(what);
        const auto seen = static_cast<float>(one.hour / messages);
        const float most = 2 * std::max(one.each, harmless[static_cast<std::size_t>(what)]);
        one.each += (std::min(seen, most) - one.each) * (one.each > 0 ? 0.1f : 1.f);
    }
}

double Amounts::in_messages(Amount what) const {
    const One& one = of(what);
    return static_cast<double>(one.hour) / std::max(one.each, harmless[static_cast<std::size_t>(what)]);
}

void Amounts::clear() {
    forget(0);
    end_hour();
}

Amounts::Numbers Amounts::numbers() const {
    Numbers out{};
    for (std::size_t i = 0; i < amounts_.size(); ++i) {
        out[2 * i] = amounts_[i].hour;
        out[2 * i + 1] = amounts_[i].each;
    }
    return out;
}

void Amounts::set_numbers(const Numbers& numbers) {
    for (std::size_t i = 0; i < amounts_.size(); ++i) {
        amounts_[i].hour = numbers[2 * i];
        amounts_[i].each = numbers[2 * i + 1];
    }
}

} // namespace lazaret::detect
