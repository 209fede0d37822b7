#pragma once

#include "analysis/slice_table.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <string>
#include <vector>

namespace ratchet::analysis::testing {

/// A table from rows of digits, a column for each: the form of the test inputs
/// of SystemDS. Errors in thousandths.
inline slice_table digit_table(
  const std::vector<std::string>& rows,
  const std::vector<std::uint32_t>& errors) {
  slice_table table{.errors = errors, .error_unit = 1'000};
  for (std::size_t c = 0; c < rows.front().size(); ++c) {
    std::vector<std::string> values;
    for (const auto& row : rows)
      values.emplace_back(1, row[c]);
    table.columns.push_back(text_column(std::to_string(c), values));
  }
  return table;
}

/// Right or wrong (unit 1) or scores, with values of skewed frequencies; the
/// chance of an error is `base`, in column 0's value 0 `base + more`.
inline slice_table random_table(
  random_values& random, std::size_t rows, std::size_t columns,
  std::uint32_t values, std::uint32_t unit, double base, double more) {
  slice_table table{.error_unit = unit};
  for (std::size_t c = 0; c < columns; ++c) {
    slice_column column{.name = "c" + std::to_string(c)};
    for (std::uint32_t v = 0; v < values; ++v)
      column.values.push_back("v" + std::to_string(v));
    for (std::size_t i = 0; i < rows; ++i) {
      const auto u = random.unit();
      column.codes.push_back(static_cast<std::uint32_t>(u * u * values));
    }
    table.columns.push_back(std::move(column));
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const auto p = base + (table.columns[0].codes[i] == 0 ? more : 0);
    const auto e = random.chance(p) ? 1 + random.below(unit) : 0;
    table.errors.push_back(static_cast<std::uint32_t>(e));
  }
  return table;
}

} // namespace ratchet::analysis::testing
