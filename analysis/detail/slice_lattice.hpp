#pragma once

#include "analysis/detail/bit_count.hpp"
#include "analysis/slices.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ratchet::analysis::detail {

/// What is looked for: a value of a slice's counts, and a bound on it for all
/// slices inside of slices with known counts.
class slice_objective {
public:
  virtual ~slice_objective() = default;

  [[nodiscard]] virtual double value(double rows, double errors) const = 0;

  /// The largest value over slices with `least` to `rows` rows, at most
  /// `errors` errors in all and `max_error` in one row. Linear between two row
  /// counts is what the implementations use: the maximum is at one of three.
  [[nodiscard]] virtual double
  bound(double least, double rows, double errors, double max_error) const = 0;
};

/// The search itself, over bitmaps of predicates, level by level.
///
/// A slice is counted only if each slice with one predicate less was, and if
/// the bound of their counts beats the last of the best found so far; the most
/// promising first. Slices are counted anew from the bitmaps of their
/// predicates, because bitmaps of all slices of a level do not fit the memory.
///
/// The rows with errors come first in the bitmaps: errors are looked for in
/// these only. Of tables that are larger than the cache many slices are counted
/// at a time, some thousand rows of all of them after some thousand, so that
/// bitmaps are read from memory once for all of these slices. A slice may so be
/// counted that the one before it would have ruled out: no result changes.
class slice_lattice {
public:
  static constexpr std::size_t max_predicates = 4;

  /// `table` must pass `check`. Predicates of fewer rows than `min_rows` are
  /// left out from the start: an attribute may have as many values as rows.
  slice_lattice(const slice_table& table, std::uint64_t min_rows);

  /// Leaves the rows of `s` out of all that follows.
  void remove_rows(const slice& s);

  [[nodiscard]] slice_search search(
    const slice_objective& objective, std::size_t predicates,
    std::size_t max_slices) const;

private:
  using bitmap = std::vector<bit_block>;
  /// Indexes of singles.
  using members = std::array<std::uint32_t, max_predicates>;

  struct single {
    slice_predicate predicate;
    bitmap rows;
  };

  struct counts {
    std::uint64_t rows = 0;
    std::uint64_t errors = 0;
  };

  friend class slice_level;

  /// Counts slices of `level` predicates each.
  [[nodiscard]] std::vector<counts>
  count(std::span<const members> slices, std::size_t level) const;
  /// How many to count at a time, at most.
  [[nodiscard]] std::size_t batch() const;
  [[nodiscard]] std::uint32_t max_error(const bitmap& rows) const;
  [[nodiscard]] bit_planes
  planes_from(std::size_t start, std::size_t size) const;

  /// Row i of the table is row `order[i]` of the bitmaps.
  void add_errors(
    std::span<const std::uint32_t> errors, std::span<const std::size_t> order);
  void add_column(
    const slice_column& column, std::uint32_t number,
    std::span<const std::size_t> order);

  std::uint64_t min_rows_;
  std::vector<single> singles_; ///< By predicate.
  std::size_t blocks_;
  std::size_t rows_with_error_;
  std::size_t planes_;
  std::size_t plane_blocks_;
  bitmap error_bits_; ///< Bit p of each row's error in plane p.
};

} // namespace ratchet::analysis::detail
