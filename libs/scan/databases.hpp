#pragma once
// Hyperscan's objects with owners. Internal to this folder.

#include "scan/rules.hpp"

#include <hs/hs.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace lazaret::scan {

struct FreeDatabase {
    void operator()(hs_database_t* database) const { hs_free_database(database); }
};
struct FreeScratch {
    void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
};
using Database = std::unique_ptr<hs_database_t, FreeDatabase>;
using Scratch = std::unique_ptr<hs_scratch_t, FreeScratch>;

/// One per kind of text, since each text is scanned once and by itself. Null where no rule asks for it.
struct RuleSet::Databases {
    Database body, raw, uri, any_field;
    std::unordered_map<std::string, Database> fields; ///< by lower-case name
    Scratch scratch;                                  ///< large enough for all; only ever cloned
};

} // namespace lazaret::scan
