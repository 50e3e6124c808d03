#include "store/engine_state.hpp"

#include "store/engine_rows.hpp"
#include "store/transaction.hpp"
#include "subscriber/address_subject.hpp"

#include <algorithm>

namespace lazaret::store {
namespace {

std::string text_array(const std::vector<std::string>& texts) {
    std::string array = "{";
    for (const std::string& text : texts) {
        if (array.size() > 1) array += ',';
        array += '"';
        for (char c : text) {
            if (c == '"' || c == '\\') array += '\\';
            array += c;
        }
        array += '"';
    }
    return array + "}";
}

/// An address without a subscriber has the class of its network.
subscriber::Class class_of_address(pqxx::work& tx, const Cidr& address) {
    const auto rows = tx.exec_params(
        "SELECT class FROM network WHERE block >>= $1::inet ORDER BY masklen(block) DESC LIMIT 1",
        address.to_string());
    if (rows.empty()) return subscriber::Class::dynamic;
    return subscriber::parse_class(rows[0][0].c_str()).value();
}

} // namespace

Result<std::vector<EngineSubject>> load_subjects(Database& database, const std::vector<std::string>& ids) {
    return run(database, "load subscribers' states", [&](pqxx::work& tx) {
        std::vector<EngineSubject> subjects;
        const auto rows = tx.exec_params(
            "SELECT asked.id, e.state, s.class, s.is_protected FROM unnest($1::text[]) AS asked (id)"
            " LEFT JOIN engine_state e ON e.subscriber = asked.id LEFT JOIN subscriber s ON s.id = asked.id",
            text_array(ids));
        subjects.reserve(rows.size());
        for (const auto& row : rows) {
            EngineSubject subject;
            subject.subscriber = row[0].c_str();
            subject.state = read_text(row[1]);
            if (!row[2].is_null()) {
                subject.klass = subscriber::parse_class(row[2].c_str()).value();
                subject.is_protected = row[3].as<bool>();
            } else if (const auto address = subscriber::parse_address_subject(subject.subscriber)) {
                subject.klass = class_of_address(tx, *address);
            }
            subjects.push_back(std::move(subject));
        }
        return subjects;
    });
}

void save_states(pqxx::work& tx, const std::vector<SavedState>& states) {
    if (states.empty()) return;
    std::vector<std::string> ids, texts, times;
    for (const SavedState& state : states) {
        ids.push_back(state.subscriber);
        texts.push_back(state.state);
        times.push_back(sql_time(state.at));
    }
    tx.exec_params(
        "INSERT INTO engine_state (subscriber, state, updated_at)"
        " SELECT * FROM unnest($1::text[], $2::jsonb[], $3::timestamptz[])"
        " ON CONFLICT (subscriber) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
        text_array(ids), text_array(texts), text_array(times));
}

Result<std::optional<SavedState>> load_state(Database& database, const std::string& subscriber) {
    return run(database, "load a subscriber's state", [&](pqxx::work& tx) -> std::optional<SavedState> {
        const auto rows = tx.exec_params(
            "SELECT subscriber, state, updated_at FROM engine_state WHERE subscriber = $1", subscriber);
        if (rows.empty()) return std::nullopt;
        SavedState saved;
        saved.subscriber = rows[0][0].c_str();
        saved.state = rows[0][1].c_str();
        saved.at = read_time(rows[0][2]);
        return saved;
    });
}

} // namespace lazaret::store
