#pragma once

#include "analysis/hash.hpp"
#include "analysis/slice_table.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// Is a slice that was found for being bad really bad? Asked of rows that the
/// search has not seen: the other half of the units, or the next day's.

namespace ratchet::analysis {

/// Half of all units, always the same ones: those to search in. The others
/// confirm.
[[nodiscard]] constexpr bool
in_discovery_half(std::string_view unit, std::string_view salt) {
  return (salted_hash(salt, unit) & 1) == 0;
}

struct slice_confirmation {
  std::uint64_t rows = 0;
  std::optional<double> error; ///< Mean, in [0, 1]; none without rows.
  /// The slice's error is above this, with a confidence of 95 % for this slice
  /// alone: the largest bound that its e-value rejects. 0 if there is none.
  double error_low = 0;
  /// ln of the e-value against "the slice's error is at most the bound": 0
  /// without rows.
  double ln_e = 0;
  bool confirmed = false;
};

/// Tests slices, in their order, against "the mean error is at most `bound`":
/// the overall error where they were found, plus the smallest gap that matters.
///
/// Promise: of the confirmed slices a share of at most `q` is not above the
///   bound on average, although slices overlap and depend on each other in
///   whatever way (e-BH). Assumed is only that a row's error is no more than
///   the bound on average given the rows before it, if the slice's is: each row
///   a unit of its own, and no unit of those searched.
///
/// Errors: `invalid_argument` as `check`, or if the bound or q is not inside
///         (0, 1).
/// Replay: the order of the rows leaves no trace.
/// Cost:   a pass over the rows for each slice, and some 30 evaluations of the
///         evidence for its lower bound.
/// Source: the bets: Waudby-Smith, Ramdas (2024), Estimating means of bounded
///         random variables by betting, JRSS B; eight of them, at 0.9 / bound
///         and halves of it.
[[nodiscard]] result<std::vector<slice_confirmation>> confirm_slices(
  const slice_table& held_out, const std::vector<slice>& slices, double bound,
  double q = 0.1);

} // namespace ratchet::analysis
