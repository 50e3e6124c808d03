#pragma once
// The [[content_policy]] tables.

#include "config/config.hpp"
#include "config/tables.hpp"

namespace lazaret::config {

const Table<ContentPolicy>& content_policies();

} // namespace lazaret::config
