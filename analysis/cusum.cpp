#include "analysis/cusum.hpp"

#include "analysis/detail/distributions.hpp"
#include "analysis/detail/special.hpp"

#include <Eigen/Dense>
#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::analysis {

namespace {

constexpr unsigned nodes = 120;
using rule = boost::math::quadrature::gauss<double, nodes>;

double normal_density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

/// Gauss-Legendre points and weights on [0, limit]; Boost lists the positive
/// half of [-1, 1].
std::vector<std::pair<double, double>> nodes_on(double limit) {
  std::vector<std::pair<double, double>> points;
  points.reserve(nodes);
  for (std::size_t i = 0; i < rule::abscissa().size(); ++i)
    for (const auto sign : {-1.0, 1.0})
      points.emplace_back(
        limit / 2 * (1 + sign * rule::abscissa()[i]),
        limit / 2 * rule::weights()[i]);
  return points;
}

} // namespace

result<bool> observe(cusum_chart& chart, double value) {
  if (!std::isfinite(value))
    return error{
      errc::invalid_argument,
      "batch mean " + std::to_string(value) + " is not a finite number"};
  chart.sum = std::max(0.0, chart.sum + value - chart.allowance);
  return chart.sum > chart.limit;
}

// L(z) = 1 + L(0) Phi(k - mu - z) + int_0^h L(x) phi(x + k - mu - z) dx, for
// z = 0 and z at the nodes: as many equations as unknowns.
double cusum_run_length(double allowance, double limit, double shift) {
  const auto drift = allowance - shift;
  auto points = nodes_on(limit);
  points.insert(points.begin(), {0, 0});
  const auto size = static_cast<Eigen::Index>(points.size());
  Eigen::MatrixXd equations = Eigen::MatrixXd::Identity(size, size);
  for (Eigen::Index row = 0; row < size; ++row) {
    const auto z = points[static_cast<std::size_t>(row)].first;
    equations(row, 0) -= detail::normal_cdf(drift - z);
    for (Eigen::Index column = 1; column < size; ++column) {
      const auto& [x, weight] = points[static_cast<std::size_t>(column)];
      equations(row, column) -= weight * normal_density(x + drift - z);
    }
  }
  const Eigen::VectorXd lengths =
    equations.partialPivLu().solve(Eigen::VectorXd::Ones(size));
  return lengths(0);
}

result<double> cusum_limit(double allowance, double run_length) {
  if (
    !(allowance >= 0 && allowance <= 5) ||
    !(run_length >= 2 && run_length <= 1e12))
    return error{
      errc::invalid_argument,
      "no limit for an allowance of " + std::to_string(allowance) +
        " and a run length of " + std::to_string(run_length) +
        ": give an allowance in [0, 5] and a run length in [2, 1e12]"};
  const auto excess = [&](double limit) {
    return std::log(cusum_run_length(allowance, limit, 0) / run_length);
  };
  constexpr double smallest = 1e-6;
  if (excess(smallest) >= 0)
    return smallest;
  double high = 1;
  while (high < 50 && excess(high) < 0)
    high *= 2;
  if (excess(high) < 0)
    return error{
      errc::invalid_argument,
      "an allowance of " + std::to_string(allowance) + " needs a limit above " +
        std::to_string(high) + " for a run length of " +
        std::to_string(run_length) + ": raise the allowance"};
  return detail::find_root(excess, smallest, high);
}

} // namespace ratchet::analysis
