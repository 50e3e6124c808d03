#include "scan/databases.hpp"
#include "scan/reading.hpp"
#include "scan/rules.hpp"

#include "core/text.hpp"
#include "mime/line_ends.hpp"
#include "mime/words.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

namespace lazaret::scan {
namespace {

constexpr std::size_t kept_buffer = 512 * 1024; // a larger one is let go after the message

/// The next line without its line end; `text` moves behind it.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool continues(std::string_view rest) {
    return rest.starts_with(' ') || rest.starts_with('\t');
}

} // namespace

struct RuleScanner::State {
    Scratch scratch;
    std::uint64_t serial = 0;    // of the set that the scratch was made for
    std::vector<bool> seen;      // by rule
    std::vector<unsigned> found; // ids, once each
    std::string text, name;

    void prepare(const RuleSet& rules, hs_scratch_t* prototype) {
        if (serial != rules.serial_) {
            hs_scratch_t* copy = nullptr;
            if (prototype && hs_clone_scratch(prototype, &copy) != HS_SUCCESS) throw std::bad_alloc();
            scratch.reset(copy);
            seen.assign(rules.rules_.size(), false);
            found.clear();
            found.reserve(rules.rules_.size()); // the callback is C: nothing may be thrown in it
            serial = rules.serial_;
        }
        for (const unsigned id : found)
            seen[id] = false;
        found.clear();
    }

    static int on_match(unsigned id, unsigned long long, unsigned long long, unsigned, void* context) {
        auto& self = *static_cast<State*>(context);
        if (!self.seen[id]) {
            self.seen[id] = true;
            self.found.push_back(id);
        }
        return 0;
    }

    void match(const Database& database, std::string_view octets) {
        if (!database || octets.size() > std::numeric_limits<unsigned>::max()) return;
        const char* data = octets.empty() ? "" : octets.data();
        const auto status = hs_scan(database.get(), data, static_cast<unsigned>(octets.size()), 0,
                                    scratch.get(), &State::on_match, this);
        if (status != HS_SUCCESS) throw std::logic_error("Hyperscan: status " + std::to_string(status));
    }

    /// One field into `text` as "Name: value", unfolded (RFC 5322 2.2.3: the line ends go, the white space
    /// stays). Returns where the value begins; npos when the lines are no field.
    std::size_t take_field(std::string_view& block) {
        text.assign(take_line(block));
        while (continues(block))
            text.append(take_line(block));
        const auto colon = text.find(':');
        if (colon == std::string::npos) return std::string::npos;
        const auto name_end =
            std::string_view(text).substr(0, colon).find_last_not_of(" \t") + 1; // 0 for none
        auto value = text.find_first_not_of(" \t", colon + 1);
        if (value == std::string::npos) value = text.size();
        text.replace(name_end, value - name_end, ": ");
        text.erase(text.find_last_not_of(" \t", std::string::npos) + 1);
        if (text.size() < name_end + 2) text.resize(name_end + 2, ' '); // an empty value
        name = ascii_lowercase(std::string_view(text).substr(0, name_end));
        return name_end + 2;
    }

    void match_field(const RuleSet::Databases& databases, const Database* named, std::string_view field,
                     std::size_t value) {
        match(databases.any_field, field);
        if (named) match(*named, field.substr(value));
    }

    void match_header(const RuleSet::Databases& databases, std::string_view block) {
        if (!databases.any_field && databases.fields.empty()) return;
        while (!block.empty()) {
            const auto value = take_field(block);
            if (value == std::string::npos) {
                match(databases.any_field, text);
                continue;
            }
            const auto field = databases.fields.find(name);
            const Database* named = field == databases.fields.end() ? nullptr : &field->second;
            match_field(databases, named, text, value);
            if (text.find("=?", value) == std::string::npos && is_ascii(text)) continue;
            const auto decoded = text.substr(0, value) + mime::decode_words(std::string_view(text).substr(value));
            if (decoded != text) match_field(databases, named, decoded, value);
        }
    }

    void match_uris(const Database& database, std::span<const mime::Uri> uris) {
        for (const auto& each : uris) {
            match(database, each.uri);
            match(database, each.host);
        }
    }
};

RuleScanner::RuleScanner() : state_(std::make_unique<State>()) {}
RuleScanner::~RuleScanner() = default;
RuleScanner::RuleScanner(RuleScanner&&) noexcept = default;
RuleScanner& RuleScanner::operator=(RuleScanner&&) noexcept = default;

std::vector<verdict::Finding> RuleScanner::scan(const RuleSet& rules, const Texts& texts) {
    State& state = *state_;
    const auto& databases = *rules.databases_;
    state.prepare(rules, databases.scratch.get());
    state.match_header(databases, texts.header);
    if (databases.body && !texts.body.empty()) state.match(databases.body, texts.body);
    // CRLF would hide the end of a line from `$`.
    if (databases.raw && !texts.raw.empty()) state.match(databases.raw, mime::with_lf(texts.raw, state.text));
    if (databases.uri) state.match_uris(databases.uri, texts.uris);
    if (state.text.capacity() > kept_buffer) std::string().swap(state.text);

    std::vector<verdict::Finding> out;
    out.reserve(state.found.size());
    std::sort(state.found.begin(), state.found.end());
    for (const unsigned id : state.found) {
        const Rule& rule = rules.rules_[id];
        out.emplace_back(rule.name, rule.mode, rule.score).tags = rule.tags;
    }
    return out;
}

std::vector<verdict::Finding> RuleScanner::scan(const RuleSet& rules, Reading& reading) {
    Texts texts;
    texts.header = reading.header();
    texts.raw = reading.raw();
    if (rules.looks_at(Scope::body)) texts.body = reading.text();
    if (rules.looks_at(Scope::uri)) texts.uris = reading.uris();
    return scan(rules, texts);
}

} // namespace lazaret::scan
