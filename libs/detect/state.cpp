#include "detect/state.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace lazaret::detect {
namespace {

constexpr int version = 1;

nlohmann::json tally_json(const Tally& tally) {
    return nlohmann::json::array({std::round(tally.llr * 1e4) / 1e4, tally.hits, tally.trials});
}

Tally tally_from(const nlohmann::json& json) {
    Tally tally;
    tally.llr = json.at(0).get<double>();
    tally.hits = json.at(1).get<std::uint32_t>();
    tally.trials = json.at(2).get<std::uint32_t>();
    return tally;
}

Time time_from(const nlohmann::json& json) {
    return Time(Duration(json.get<std::int64_t>()));
}

} // namespace

void State::clear_evidence(Time at) {
    tallies = {};
    samples.clear();
    rule.clear();
    messages = 0;
    awaited = 0;
    first_evidence = {};
    judged_until = at;
}

std::string to_json(const State& state) {
    nlohmann::json json;
    json["v"] = version;
    json["last"] = state.last.time_since_epoch().count();
    if (state.first_evidence != Time{}) json["first"] = state.first_evidence.time_since_epoch().count();
    if (state.judged_until != Time{}) json["judged"] = state.judged_until.time_since_epoch().count();
    json["messages"] = state.messages;
    if (state.awaited > 0) json["awaited"] = std::round(state.awaited * 1e3) / 1e3;
    json["habit"] = {state.message_habit.to_json(), state.recipient_habit.to_json()};
    for (Kind kind : all_kinds) {
        const Tally& tally = state.tallies[static_cast<std::size_t>(kind)];
        if (!tally.empty()) json["evidence"][std::string(to_string(kind))] = tally_json(tally);
    }
    if (!state.rule.empty()) json["rule"] = state.rule;
    for (const TraceId& trace : state.samples)
        json["samples"].push_back(trace.to_string());
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<State> from_json(std::string_view text) {
    try {
        const auto json = nlohmann::json::parse(text);
        if (json.at("v").get<int>() != version) return Error("detector state of another version");
        State state;
        state.last = time_from(json.at("last"));
        if (json.contains("first")) state.first_evidence = time_from(json["first"]);
        if (json.contains("judged")) state.judged_until = time_from(json["judged"]);
        state.messages = json.at("messages").get<std::uint32_t>();
        state.awaited = std::max(json.value("awaited", 0.0), 0.0);
        state.message_habit = Baseline::from_json(json.at("habit").at(0));
        state.recipient_habit = Baseline::from_json(json.at("habit").at(1));
        if (json.contains("evidence"))
            for (Kind kind : all_kinds)
                if (const auto found = json["evidence"].find(to_string(kind));
                    found != json["evidence"].end())
                    state.tallies[static_cast<std::size_t>(kind)] = tally_from(*found);
        state.rule = json.value("rule", "");
        if (json.contains("samples"))
            for (const auto& sample : json["samples"])
                if (auto trace = TraceId::parse(sample.get<std::string>());
                    trace && state.samples.size() < State::max_samples)
                    state.samples.push_back(*trace);
        return state;
    } catch (const nlohmann::json::exception&) {
        return Error("not a detector state");
    }
}

} // namespace lazaret::detect
