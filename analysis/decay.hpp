#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <optional>

namespace ratchet::analysis {

/// Weight, mean and spread of one metric in which an observation counts half
/// as much with each half-life that passes: what a dashboard shows as "now".
///
/// The decay is forward: an observation's weight 2^((t - landmark)/half_life)
/// is fixed when it arrives, and only the query divides by the weight of its
/// own moment. So nothing is touched as time goes by, and one that comes late
/// or out of order counts exactly as if it had come in time.
///
/// For display and estimates only. Evidence (e-values, gates) never comes from
/// decayed sums: a test that forgets loses its error rate.
///
/// Plain data, to be stored as it is. The sums are doubles: the order of
/// arrival shows in the last bits.
/// Source: Cormode, Shkapenyuk, Srivastava, Xu (2009), Forward decay, ICDE;
///         the centered update: West (1979), CACM 22.
struct decayed_moments {
  duration half_life{};
  /// Where the weight is 1. None before the first observation.
  std::optional<time_point> landmark;
  double weight = 0;
  double squared_weight = 0; ///< The sum of the squares of the weights.
  double mean = 0;
  double spread = 0; ///< The sum of weight * (x - mean)^2.

  friend bool
  operator==(const decayed_moments&, const decayed_moments&) = default;
};

/// Counts `value`, observed at `time`, in any order of times.
/// Errors: `invalid_argument` if the half-life is not positive or the value
///         not finite; nothing is changed.
[[nodiscard]] result<void>
add(decayed_moments& cell, time_point time, double value);

/// Adds all that `other` counted; the landmark becomes the later one.
/// Errors: `invalid_argument` if the half-lives differ; nothing is changed.
[[nodiscard]] result<void>
merge(decayed_moments& cell, const decayed_moments& other);

/// How many observations of this moment the cell is worth at `now`; 0 for an
/// empty one.
[[nodiscard]] double weight_at(const decayed_moments& cell, time_point now);

/// None if nothing was counted, or if all of it decayed beyond the smallest
/// double. Like the next two it does not depend on the moment of asking: all
/// weights shrink by one factor.
[[nodiscard]] std::optional<double> mean(const decayed_moments& cell);

/// The population variance (weights below the line).
[[nodiscard]] std::optional<double> variance(const decayed_moments& cell);

/// How many equally weighted observations would give a mean as exact (Kish):
/// (sum of weights)^2 / sum of squared weights; 0 for an empty cell.
[[nodiscard]] double effective_count(const decayed_moments& cell);

} // namespace ratchet::analysis
