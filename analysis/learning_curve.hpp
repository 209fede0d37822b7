#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace ratchet::analysis {

/// What a training on so many labels reached.
struct curve_point {
  double labels = 0; ///< Above 0.
  double error = 0;  ///< On the evaluation set, in [0, 1].
};

/// error = scale * labels^-exponent, by least squares on the logarithms.
///
/// Source: Hestness et al. (2017), Deep learning scaling is predictable,
///         empirically, arXiv 1712.00409: errors fall by a power of the data.
struct learning_curve {
  double log_scale = 0;
  double exponent = 0;
  std::size_t points = 0;
  /// Covariance of (log_scale, exponent), by the residuals; 0 for two points.
  double scale_variance = 0;
  double covariance = 0;
  double exponent_variance = 0;

  [[nodiscard]] double error_at(double labels) const;
};

/// None below three points, or if all have the same number of labels. An error
/// below 1e-6 counts as 1e-6.
[[nodiscard]] std::optional<learning_curve>
fit_learning_curve(std::span<const curve_point> points);

/// By how much the error falls from `labels` to `labels + more`; from five
/// points on its lower 80 % bound (Student, delta method), because a curve's
/// end is uncertain and a training is paid for.
/// Shape: labels and more above 0; negative if the curve rises.
[[nodiscard]] double
expected_gain(const learning_curve& curve, double labels, double more);

} // namespace ratchet::analysis
