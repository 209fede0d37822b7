#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace ratchet::analysis {

/// Exact count, sum and sum of squares of one metric in one place.
///
/// Values are whole multiples of 2^-32 and the sums are integers, so the order
/// of arrival leaves no trace: replays are identical to the bit, cells of
/// parts merge into the cell of the whole, and what was added can be taken
/// back (a subject's erasure). There is no minimum or maximum because those
/// cannot be taken back.
///
/// Plain data, to be stored as it is. 48 bytes.
struct moments {
  std::uint64_t count = 0;
  /// Two's complement, lowest word first.
  std::array<std::uint64_t, 2> sum{};
  /// Unsigned, lowest word first, in units of 2^-64.
  std::array<std::uint64_t, 3> squares{};

  friend bool operator==(const moments&, const moments&) = default;
};

/// Counts `value`, rounded to the nearest multiple of 2^-32 (2.3e-10).
/// Errors: `invalid_argument` if it is not finite or not inside +-2^31; the
///         cell is unchanged.
[[nodiscard]] result<void> add(moments& cell, double value);

/// Takes back one `add` of the same value.
/// Errors: as `add`, and `invalid_argument` if the cell is empty.
[[nodiscard]] result<void> remove(moments& cell, double value);

/// Adds all that `other` counted.
void merge(moments& cell, const moments& other);

/// Takes back all that `part` counted, which must be part of the cell: what
/// remains is the cell of the rest.
void subtract(moments& cell, const moments& part);

/// None if nothing was counted: never 0 for "no data".
[[nodiscard]] std::optional<double> mean(const moments& cell);

/// The sample variance (n - 1 below the line); none below two values. Zero is
/// legal and exact: all values were equal.
[[nodiscard]] std::optional<double> variance(const moments& cell);

struct interval {
  double low = 0;
  double high = 0;

  friend bool operator==(const interval&, const interval&) = default;
};

/// Two-sided Wilson score interval for a share: `successes` of `n`, inside
/// [0, 1] even for 0 of n.
/// Shape:  n of 1 at least, successes at most n, confidence in (0, 1).
/// Source: Wilson (1927); Newcombe (1998), method 3.
[[nodiscard]] interval
wilson_interval(std::uint64_t successes, std::uint64_t n, double confidence);

/// The same for the cell of a boolean metric, whose values are all 0 or 1;
/// none if nothing was counted.
[[nodiscard]] std::optional<interval>
share_interval(const moments& cell, double confidence);

/// Two-sided Student interval for the mean of numbers; none below two values.
[[nodiscard]] std::optional<interval>
mean_interval(const moments& cell, double confidence);

} // namespace ratchet::analysis
