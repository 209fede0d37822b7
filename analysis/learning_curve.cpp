#include "analysis/learning_curve.hpp"

#include "analysis/detail/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ratchet::analysis {

namespace {

constexpr std::size_t points_for_fit = 3;
constexpr std::size_t points_for_bound = 5;

struct line {
  double x = 0;
  double y = 0;
};

} // namespace

double learning_curve::error_at(double labels) const {
  return std::exp(log_scale - exponent * std::log(labels));
}

std::optional<learning_curve>
fit_learning_curve(std::span<const curve_point> points) {
  if (points.size() < points_for_fit)
    return std::nullopt;
  const auto n = static_cast<double>(points.size());
  std::vector<line> logs;
  line mean;
  for (const auto& p : points) {
    logs.push_back({std::log(p.labels), std::log(std::max(p.error, 1e-6))});
    mean.x += logs.back().x / n;
    mean.y += logs.back().y / n;
  }
  double xx = 0;
  double xy = 0;
  for (const auto& p : logs) {
    xx += (p.x - mean.x) * (p.x - mean.x);
    xy += (p.x - mean.x) * (p.y - mean.y);
  }
  if (xx < 1e-12)
    return std::nullopt;
  learning_curve curve{.exponent = -xy / xx, .points = points.size()};
  curve.log_scale = mean.y + curve.exponent * mean.x;
  double residuals = 0;
  for (const auto& p : logs) {
    const auto r = p.y - (curve.log_scale - curve.exponent * p.x);
    residuals += r * r;
  }
  const auto variance = residuals / (n - 2);
  curve.scale_variance = variance * (1 / n + mean.x * mean.x / xx);
  // The exponent is minus the slope, which turns the sign.
  curve.covariance = variance * mean.x / xx;
  curve.exponent_variance = variance / xx;
  return curve;
}

double expected_gain(const learning_curve& curve, double labels, double more) {
  const auto before = curve.error_at(labels);
  const auto after = curve.error_at(labels + more);
  const auto gain = before - after;
  if (curve.points < points_for_bound)
    return gain;
  // The gain's slope in log_scale and in the exponent.
  const auto in_scale = gain;
  const auto in_exponent =
    -before * std::log(labels) + after * std::log(labels + more);
  const auto variance = in_scale * in_scale * curve.scale_variance +
    2 * in_scale * in_exponent * curve.covariance +
    in_exponent * in_exponent * curve.exponent_variance;
  const auto t =
    detail::student_quantile(0.8, static_cast<double>(curve.points) - 2);
  return gain - t * std::sqrt(std::max(variance, 0.0));
}

} // namespace ratchet::analysis
