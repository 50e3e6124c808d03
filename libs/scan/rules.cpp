#include "scan/rules.hpp"

#include "core/file.hpp"
#include "scan/databases.hpp"
#include "scan/rules_file.hpp"

#include <atomic>
#include <map>
#include <new>

namespace lazaret::scan {
namespace {

/// Patterns of one database on their way into it. Rules keep the text alive.
struct Batch {
    std::vector<const char*> patterns;
    std::vector<unsigned> flags, ids;
};

void collect(Batch& batch, const Rule& rule, unsigned id) {
    // One answer per rule and text; no start of match, which would cost much.
    unsigned flags = HS_FLAG_SINGLEMATCH;
    if (rule.caseless) flags |= HS_FLAG_CASELESS;
    if (rule.scope == Scope::body || rule.scope == Scope::raw) flags |= HS_FLAG_MULTILINE;
    batch.patterns.push_back(rule.pattern.c_str());
    batch.flags.push_back(flags);
    batch.ids.push_back(id);
}

std::string reason(hs_compile_error_t* error) {
    std::string text = error && error->message ? error->message : "cannot be compiled";
    hs_free_compile_error(error);
    while (!text.empty() && (text.back() == '.' || text.back() == ' '))
        text.pop_back();
    return text;
}

/// The position in `batch` of the pattern at fault, or -1 for all of them together.
struct Failure {
    int position;
    std::string text;
};

std::optional<Failure> compile(const Batch& batch, Database& out, Scratch& scratch) {
    if (batch.patterns.empty()) return std::nullopt;
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const auto status = hs_compile_multi(batch.patterns.data(), batch.flags.data(), batch.ids.data(),
                                         static_cast<unsigned>(batch.patterns.size()), HS_MODE_BLOCK, nullptr,
                                         &database, &error);
    if (status != HS_SUCCESS) {
        const int position = error ? error->expression : -1;
        return Failure{position, reason(error)};
    }
    out.reset(database);
    hs_scratch_t* grown = scratch.release();
    const auto allocated = hs_alloc_scratch(database, &grown);
    scratch.reset(grown);
    if (allocated != HS_SUCCESS) throw std::bad_alloc();
    return std::nullopt;
}

std::uint64_t next_serial() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

} // namespace

RuleSet::RuleSet() : databases_(std::make_unique<Databases>()), serial_(next_serial()) {}
RuleSet::~RuleSet() = default;

bool RuleSet::looks_at(Scope scope) const {
    switch (scope) {
    case Scope::header: return databases_->any_field || !databases_->fields.empty();
    case Scope::body: return databases_->body != nullptr;
    case Scope::raw: return databases_->raw != nullptr;
    case Scope::uri: return databases_->uri != nullptr;
    }
    return false;
}

Result<std::shared_ptr<const RuleSet>> RuleSet::parse(std::string_view toml, std::string_view file_name) {
    if (hs_valid_platform() != HS_SUCCESS)
        return Error(std::string(file_name) + ": content rules need a processor with SSSE3 (x86-64-v2)");
    auto written = read_rules(toml, file_name);
    if (!written) return written.error();

    auto set = std::make_shared<RuleSet>();
    for (auto& one : *written)
        set->rules_.push_back(std::move(one.rule));

    Batch body, raw, uri, any_field, idle;
    std::map<std::string, Batch> fields;
    for (unsigned id = 0; id < set->rules_.size(); ++id) {
        const Rule& rule = set->rules_[id];
        // Rules that are off are compiled too, so that switching one on is no surprise, but scanned by
        // nobody.
        Batch& batch = rule.mode == verdict::Mode::off ? idle
                       : rule.scope == Scope::body     ? body
                       : rule.scope == Scope::raw      ? raw
                       : rule.scope == Scope::uri      ? uri
                       : rule.field.empty()            ? any_field
                                                       : fields[rule.field];
        collect(batch, rule, id);
    }

    auto& databases = *set->databases_;
    const auto build = [&](const Batch& batch, Database& out, Scratch& scratch) -> std::optional<Error> {
        const auto failure = compile(batch, out, scratch);
        if (!failure) return std::nullopt;
        if (failure->position < 0)
            return Error(std::string(file_name) + ": the rules together: " + failure->text);
        const auto id = batch.ids[static_cast<std::size_t>(failure->position)];
        const WrittenRule& place = (*written)[id];
        return at_place(file_name, place.line, place.column,
                        "pattern of rule \"" + set->rules_[id].name + "\": " + failure->text);
    };
    if (auto error = build(body, databases.body, databases.scratch)) return *error;
    if (auto error = build(raw, databases.raw, databases.scratch)) return *error;
    if (auto error = build(uri, databases.uri, databases.scratch)) return *error;
    if (auto error = build(any_field, databases.any_field, databases.scratch)) return *error;
    for (const auto& [name, batch] : fields)
        if (auto error = build(batch, databases.fields[name], databases.scratch)) return *error;
    Database unused;
    Scratch unused_scratch;
    if (auto error = build(idle, unused, unused_scratch)) return *error;
    return std::shared_ptr<const RuleSet>(std::move(set));
}

Result<std::shared_ptr<const RuleSet>> RuleSet::load(const std::filesystem::path& file) {
    const auto text = read_file(file, max_file_size);
    if (!text) return text.error();
    return parse(*text, file.string());
}

} // namespace lazaret::scan
