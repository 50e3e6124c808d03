// The saved form of a State: one JSON object; what is empty is left out.

#include "core/text.hpp"
#include "detect/state.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace lazaret::detect {
namespace {

using nlohmann::json;

constexpr int version = 3;

double rounded(double value) {
    return std::round(value * 1e3) / 1e3;
}

float count_from(const json& value) {
    const double number = value.get<double>();
    return std::isfinite(number) ? static_cast<float>(std::clamp(number, 0.0, 1e9)) : 0.f;
}

void put(json& object, const char* key, double value) {
    if (rounded(value) != 0) object[key] = rounded(value);
}
void get(const json& object, const char* key, float& value) {
    if (const auto found = object.find(key); found != object.end()) value = count_from(*found);
}

void put(json& object, const char* key, const Share& share) {
    if (rounded(share.trials) > 0) object[key] = {rounded(share.hits), rounded(share.trials)};
}
void get(const json& object, const char* key, Share& share) {
    const auto found = object.find(key);
    if (found == object.end()) return;
    share.trials = count_from(found->at(1));
    share.hits = std::min(count_from(found->at(0)), share.trials);
}

void put(json& object, const char* key, Time at) {
    if (at != Time{}) object[key] = at.time_since_epoch().count();
}
void get(const json& object, const char* key, Time& at) {
    if (const auto found = object.find(key); found != object.end())
        at = Time(Duration(found->get<std::int64_t>()));
}

/// Octets as base64; the words of a sketch in little-endian order.
template <class Words> std::string packed(const Words& words) {
    std::string bytes;
    for (auto word : words)
        for (std::size_t i = 0; i < sizeof word; ++i)
            bytes += static_cast<char>(word >> (8 * i) & 255);
    return base64_encode(bytes);
}
template <class Words> void unpack(const json& text, Words&& words) {
    const auto bytes = base64_decode(text.get<std::string>());
    using Word = std::remove_reference_t<decltype(words[0])>;
    if (!bytes || bytes->size() != words.size() * sizeof(Word)) throw json::other_error::create(501, "octets", nullptr);
    for (std::size_t i = 0; i < bytes->size(); ++i) {
        Word& word = words[i / sizeof(Word)];
        if (i % sizeof(Word) == 0) word = 0;
        word = static_cast<Word>(word | static_cast<Word>(static_cast<unsigned char>((*bytes)[i]))
                                            << (8 * (i % sizeof(Word))));
    }
}

template <std::size_t Bits> void put(json& object, const char* key, const Acquaintances<Bits>& seen) {
    if (seen.empty()) return;
    json& list = object[key] = json::array();
    for (const auto* sketch : {&seen.younger, &seen.older, &seen.today})
        list.push_back(sketch->empty() ? "" : packed(sketch->words()));
}
template <std::size_t Bits> void get(const json& object, const char* key, Acquaintances<Bits>& seen) {
    const auto found = object.find(key);
    if (found == object.end()) return;
    std::size_t i = 0;
    for (auto* sketch : {&seen.younger, &seen.older, &seen.today})
        if (const json& text = found->at(i++); text != "") unpack(text, sketch->words());
}

void put(json& object, const char* key, const Peak& peak) {
    if (rounded(peak.habit) + rounded(peak.today) > 0)
        object[key] = {rounded(peak.habit), rounded(peak.today)};
}
void get(const json& object, const char* key, Peak& peak) {
    const auto found = object.find(key);
    if (found == object.end()) return;
    peak.habit = count_from(found->at(0));
    peak.today = count_from(found->at(1));
}

void put(json& object, const char* key, const Trait& trait) {
    json one;
    put(one, "seen", trait.seen);
    put(one, "today", trait.today);
    put(one, "habit", trait.habit);
    put(one, "busiest", trait.busiest);
    if (!one.is_null()) object[key] = std::move(one);
}
void get(const json& object, const char* key, Trait& trait) {
    const auto found = object.find(key);
    if (found == object.end()) return;
    get(*found, "seen", trait.seen);
    get(*found, "today", trait.today);
    get(*found, "habit", trait.habit);
    get(*found, "busiest", trait.busiest);
}

json texts_json(const TextSlots& texts) {
    json list;
    for (const Text& text : texts.slots)
        if (!text.empty())
            list.push_back({text.fingerprint, rounded(text.sent), rounded(text.caught), rounded(text.strangers),
                            rounded(text.results), rounded(text.failed)});
    return list;
}
void texts_from(const json& list, TextSlots& texts) {
    std::size_t i = 0;
    for (const json& one : list) {
        if (i == TextSlots::count) break;
        Text& text = texts.slots[i++];
        text.fingerprint = one.at(0).get<std::uint64_t>();
        text.sent = count_from(one.at(1));
        text.caught = std::min(count_from(one.at(2)), text.sent);
        text.strangers = count_from(one.at(3));
        text.results = count_from(one.at(4));
        text.failed = std::min(count_from(one.at(5)), text.results);
    }
}

} // namespace

std::string to_json(const State& state) {
    json out;
    out["v"] = version;
    put(out, "last", state.last);
    put(out, "born", state.born);
    put(out, "first", state.first_evidence);
    put(out, "judged", state.judged_until);
    out["messages"] = state.messages;
    if (state.first_part != 0) out["parts"] = {state.first_part, state.parts};
    json evidence; // gone when it has been cleared
    put(evidence, "awaited", state.awaited);
    if (state.last_failed != 0) evidence["last_failed"] = state.last_failed;
    put(evidence, "unauthenticated", state.unauthenticated);
    put(evidence, "content", state.content);
    put(evidence, "failing", state.failing);
    put(evidence, "strangers", state.strangers.run);
    put(evidence, "bounces", state.bounces.run);
    put(evidence, "logins", state.logins.run);
    put(evidence, "volume", state.volume);
    put(evidence, "senders", state.senders.run);
    put(evidence, "helos", state.helos.run);
    put(evidence, "networks", state.networks.run);
    if (json texts = texts_json(state.texts); !texts.is_null()) evidence["texts"] = std::move(texts);
    if (state.company != 0) evidence["company"] = state.company;
    for (const TraceId& trace : state.samples)
        if (!trace.empty()) evidence["samples"].push_back(trace.to_string());
    if (!state.rule_name().empty()) evidence["rule"] = std::string(state.rule_name());
    if (!evidence.is_null()) out["evidence"] = std::move(evidence);

    put(out, "suspicion", state.suspicion_today);
    if (state.is_sender_today) out["counted"] = state.is_spreader_today ? 2 : 1;
    put(out, "in_hour", state.in_hour);
    put(out, "busiest", state.volume_habit);
    if (const auto numbers = state.amounts.numbers(); std::ranges::any_of(numbers, [](float number) { return rounded(number) > 0; }))
        for (const float number : numbers)
            out["amounts"].push_back(rounded(number));
    put(out, "content", state.content_habit);
    put(out, "content_today", state.content_today);
    put(out, "failing", state.failing_habit);
    put(out, "failing_today", state.failing_today);
    put(out, "strangers", state.strangers);
    put(out, "bounces", state.bounces);
    put(out, "logins", state.logins);
    put(out, "senders", state.senders);
    put(out, "helos", state.helos);
    put(out, "networks", state.networks);
    put(out, "recipients", state.recipients);
    put(out, "accounts", state.accounts);
    if (state.season.busiest() > 0) out["season"] = packed(state.season.bytes());
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<State> from_json(std::string_view text) {
    try {
        const auto in = json::parse(text);
        if (in.at("v").get<int>() != version) return Error("detector state of another version");
        State state;
        state.last = Time(Duration(in.at("last").get<std::int64_t>()));
        get(in, "born", state.born);
        get(in, "first", state.first_evidence);
        get(in, "judged", state.judged_until);
        state.messages = in.at("messages").get<std::uint32_t>();
        if (const auto found = in.find("parts"); found != in.end()) {
            state.first_part = found->at(0).get<std::uint16_t>();
            state.parts = found->at(1).get<std::uint16_t>();
        }
        if (const auto found = in.find("evidence"); found != in.end()) {
            get(*found, "awaited", state.awaited);
            get(*found, "unauthenticated", state.unauthenticated);
            get(*found, "content", state.content);
            get(*found, "failing", state.failing);
            get(*found, "strangers", state.strangers.run);
            get(*found, "bounces", state.bounces.run);
            get(*found, "logins", state.logins.run);
            get(*found, "volume", state.volume);
            get(*found, "senders", state.senders.run);
            get(*found, "helos", state.helos.run);
            get(*found, "networks", state.networks.run);
            if (found->contains("texts")) texts_from(found->at("texts"), state.texts);
            state.company = found->value("company", std::uint32_t{0});
            state.last_failed = found->value("last_failed", std::uint16_t{0});
            if (found->contains("samples")) {
                std::size_t i = 0;
                for (const json& sample : found->at("samples"))
                    if (auto trace = TraceId::parse(sample.get<std::string>());
                        trace && i < State::max_samples)
                        state.samples[i++] = *trace;
            }
            state.set_rule(found->value("rule", ""));
        }
        get(in, "suspicion", state.suspicion_today);
        const int counted = in.value("counted", 0);
        state.is_sender_today = counted >= 1;
        state.is_spreader_today = counted >= 2;
        get(in, "in_hour", state.in_hour);
        get(in, "busiest", state.volume_habit);
        if (const auto found = in.find("amounts"); found != in.end()) {
            Amounts::Numbers numbers{};
            for (std::size_t i = 0; i < numbers.size(); ++i)
                numbers[i] = count_from(found->at(i));
            state.amounts.set_numbers(numbers);
        }
        get(in, "content", state.content_habit);
        get(in, "content_today", state.content_today);
        get(in, "failing", state.failing_habit);
        get(in, "failing_today", state.failing_today);
        get(in, "strangers", state.strangers);
        get(in, "bounces", state.bounces);
        get(in, "logins", state.logins);
        get(in, "senders", state.senders);
        get(in, "helos", state.helos);
        get(in, "networks", state.networks);
        get(in, "recipients", state.recipients);
        get(in, "accounts", state.accounts);
        if (in.contains("season")) unpack(in.at("season"), state.season.bytes());
        return state;
    } catch (const json::exception&) {
        return Error("not a detector state");
    }
}

} // namespace lazaret::detect
