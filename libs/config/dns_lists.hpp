#pragma once
// The [[dns_list]] tables.

#include "config/config.hpp"
#include "config/tables.hpp"

#include <string>

namespace lazaret::config {

inline constexpr std::size_t most_dns_lists = 16;

const Table<DnsList>& dns_lists();

/// What is wrong with the list of that number (from 0) by itself or beside those before it, as "KEY: SENTENCE" or a sentence;
/// "" where it is right.
std::string dns_list_problem(const std::vector<DnsList>& lists, std::size_t number);

} // namespace lazaret::config
