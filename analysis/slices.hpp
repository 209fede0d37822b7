#pragma once

#include "analysis/slice_table.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// Where does the model fail more than elsewhere? Search over all conjunctions
/// of up to a few predicates, exact: no slice is lost to sampling or to a
/// heuristic.
///
/// What the search finds was chosen for being bad and so looks worse than it
/// is: confirm it on other rows (analysis/slice_confirm.hpp) before acting.

namespace ratchet::analysis {

struct slice_rule {
  /// Between error (1) and size (0).
  double alpha = 0.95;
  /// Smaller slices are left out; 0 stands for one row in a hundred, and 32 at
  /// least.
  std::uint64_t min_rows = 0;
  std::size_t max_predicates = 3;
  std::size_t max_slices = 10;

  friend bool operator==(const slice_rule&, const slice_rule&) = default;
};

struct scored_slice {
  slice predicates;
  double score = 0;
  std::uint64_t rows = 0;
  std::uint64_t errors = 0; ///< Sum, in the table's units.

  friend bool operator==(const scored_slice&, const scored_slice&) = default;
};

struct slice_search {
  std::vector<scored_slice> slices; ///< Best first.
  std::uint64_t evaluated = 0;      ///< Slices whose rows were counted.
};

/// The slices with the highest scores above 0, the score being
///
///   alpha (mean error in the slice / mean error - 1)
///     - (1 - alpha) (rows / rows of the slice - 1)
///
/// Ties go to more rows, then fewer predicates, then the lower columns and
/// values.
///
/// Errors: as `check`, and `invalid_argument` for alpha outside (0, 1], or
///         max_predicates outside [1, 4].
/// Cost:   a bitmap for each frequent predicate (rows / 8 bytes) and a pass
///         over up to four of them for each evaluated slice: 32,561 rows of 8
///         columns take a few ms, 581,012 of 54 half a second where the
///         processor counts bits in vectors.
/// Source: Sagadeeva, Boehm (2021), SliceLine, SIGMOD, sections 2 to 4, with
///         the bound on the score taken at the number of rows. Its published
///         code takes the number of one-hot columns there, which loses slices
///         if there are more columns than rows and prunes less otherwise.
[[nodiscard]] result<slice_search>
find_slices(const slice_table& table, const slice_rule& rule);

/// A slice beside the rest of the table.
struct slice_profile {
  std::uint64_t rows = 0;
  double share = 0;     ///< Of the rows.
  double error = 0;     ///< Mean, in [0, 1].
  double max_error = 0; ///< Of a row, in [0, 1].
  /// Mean of the other rows; none if there are none.
  std::optional<double> rest_error;
  /// Errors that would not have happened at the table's mean error, in rows.
  double excess = 0;
  /// The gap in units of the spread, of which .2 is small and .8 large; none
  /// if there is no rest or no spread.
  /// Source: Chung et al. (2019), Slice Finder, ICDE.
  std::optional<double> effect_size;
};

/// Shape: a checked table and a slice of it that holds a row at least.
/// Cost:  a pass over the rows.
[[nodiscard]] slice_profile profile(const slice_table& table, const slice& s);

struct area_rule {
  std::uint64_t min_rows = 0; ///< As in `slice_rule`, of rows not yet covered.
  std::size_t max_predicates = 2;
  std::size_t max_areas = 10;

  friend bool operator==(const area_rule&, const area_rule&) = default;
};

struct improvement_area {
  slice predicates;
  std::uint64_t new_rows = 0; ///< In no area before it.
  double gain = 0;            ///< Excess errors of those rows, in rows.
  slice_profile whole;        ///< Of all rows of the slice.
};

/// A short list that does not say the same thing ten times: the slice with the
/// most excess errors, then the one with the most among the rows that it
/// leaves, and so on, until none is left that has any.
///
/// Shape:  `evaluated`, if it is not null, gets the number of slices whose rows
///         were counted in the first search, which sees all rows.
/// Errors: as `find_slices`.
/// Cost:   one search for each area.
[[nodiscard]] result<std::vector<improvement_area>> improvement_areas(
  const slice_table& table, const area_rule& rule,
  std::uint64_t* evaluated = nullptr);

} // namespace ratchet::analysis
