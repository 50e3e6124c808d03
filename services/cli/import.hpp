#pragma once
// subscriber import and network import are the same work.

#include "cli/context.hpp"
#include "store/import.hpp"

namespace lazaret::cli {

/// Reads, checks, imports and tells what came of it.
void import_files(Context& context, const store::ImportFiles& files, bool dry_run);

} // namespace lazaret::cli
