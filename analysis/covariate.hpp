#pragma once

#include "analysis/score.hpp"
#include "base/result.hpp"

#include <span>

/// What was known of a unit before it was served (its outcome last month, say)
/// takes the part of the noise away that it explains.
/// Source: Deng, Xu, Kohavi, Walker (2013), Improving the sensitivity of online
///         controlled experiments by utilizing pre-experiment data (CUPED).

namespace ratchet::analysis {

/// How a covariate tells of the outcome. Fitted before the experiment and
/// frozen for it: fitted on its own units it would no longer be exact.
struct covariate_model {
  double slope = 0;
  double mean = 0; ///< Of the covariate.
};

/// The model of units with covariate `x[i]` and outcome `y[i]`, by least
/// squares. A covariate that never varies tells nothing: the slope is 0.
/// Shape:  the order of units is part of the input: sort by unit first.
/// Errors: `invalid_argument` for spans of different length, below two units,
///         or numbers that are not finite.
[[nodiscard]] result<covariate_model>
fit_covariate(std::span<const double> x, std::span<const double> y);

/// The outcome less what the covariate explains: the same mean, narrower.
/// For reports; may leave the outcome's range.
[[nodiscard]] double
adjusted_outcome(const covariate_model& model, double x, double y);

/// A unit's own guess from the frame's: what makes the live scores narrower
/// and leaves them exact.
[[nodiscard]] outcome_guess adjusted_guess(
  const covariate_model& model, const outcome_guess& frame, double x);

} // namespace ratchet::analysis
