#pragma once

#include "base/result.hpp"

#include <span>
#include <vector>

namespace ratchet::analysis {

/// The probability that a unit answers, from what is known of it before it
/// could: a logistic regression. Its inverse weighs the answers (see
/// `reweighted_mean`).
struct response_model {
  double intercept = 0;
  std::vector<double> weights; ///< One a covariate.

  /// Inside (0, 1).
  /// Shape: as many covariates as weights.
  [[nodiscard]] double probability(std::span<const double> covariates) const;
};

/// Fits by Newton's method, with a ridge penalty of `ridge / 2` times the sum
/// of squared weights (not of the intercept): without it, covariates that
/// separate those who answer from those who do not have no finite fit.
///
/// Shape:  `covariates` row by row, `width` numbers a unit, finite and best
///         scaled to a spread of about 1; `answered` has an entry a unit; ridge
///         above 0.
/// Errors: `invalid_argument` if the sizes do not fit, a number is not finite,
///         or all answered or none: there is nothing to learn then.
/// Cost:   O(units * width^2) for each of some ten steps.
[[nodiscard]] result<response_model> fit_response_model(
  std::span<const double> covariates, std::size_t width,
  const std::vector<bool>& answered, double ridge = 1);

} // namespace ratchet::analysis
