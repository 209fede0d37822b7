#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ratchet::analysis {

/// One attribute of every row, by the number of its value.
struct slice_column {
  std::string name;
  std::vector<std::string> values;
  std::vector<std::uint32_t> codes; ///< Of each row: an index into `values`.

  friend bool operator==(const slice_column&, const slice_column&) = default;
};

/// Units with their attributes and their errors: where improvement areas are
/// looked for.
///
/// An error is a whole number of `error_unit`ths in [0, 1]: 0 or 1 of 1 for
/// wrong and right, of 255 or 1,000 for scores. So sums are exact, and the cost
/// grows with the bits of `error_unit`, not with its size.
struct slice_table {
  std::vector<slice_column> columns;
  std::vector<std::uint32_t> errors;
  std::uint32_t error_unit = 1;

  [[nodiscard]] std::size_t rows() const { return errors.size(); }
};

/// Errors: `invalid_argument` if there is no row, a column has another number
///         of rows or a code without a value, or an error is above the unit or
///         the unit outside [1, 65535].
[[nodiscard]] result<void> check(const slice_table& table);

/// "column is value".
struct slice_predicate {
  std::uint32_t column = 0;
  std::uint32_t value = 0;

  friend auto
  operator<=>(const slice_predicate&, const slice_predicate&) = default;
};

/// All of them hold: at most one a column, by column.
using slice = std::vector<slice_predicate>;

/// "education is Bachelors and sex is Male".
[[nodiscard]] std::string to_string(const slice_table& table, const slice& s);

/// An attribute of texts; values in the order of their bytes.
[[nodiscard]] slice_column
text_column(std::string name, const std::vector<std::string>& rows);

/// Where at most `bins` of about as many numbers each begin, but for the
/// lowest; equal numbers stay together. A bin ends where the next begins.
/// Shape: `bins` of 1 at least; numbers are finite; rising.
[[nodiscard]] std::vector<double>
bin_borders(std::span<const std::optional<double>> rows, std::size_t bins);

/// An attribute of numbers, cut into these bins; a missing number is a value of
/// its own, the last.
/// Shape: as `bin_borders`.
[[nodiscard]] slice_column number_column(
  std::string name, std::span<const std::optional<double>> rows,
  std::size_t bins = 10);

/// The rows for which `keep` is true, with the same columns and values, so that
/// a slice of one table is a slice of the other.
/// Shape: `keep` has an entry for each row.
[[nodiscard]] slice_table
select_rows(const slice_table& table, const std::vector<bool>& keep);

} // namespace ratchet::analysis
