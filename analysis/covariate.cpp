#include "analysis/covariate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ratchet::analysis {

namespace {

double mean_of(std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0) /
    static_cast<double>(x.size());
}

} // namespace

result<covariate_model>
fit_covariate(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size() || x.size() < 2)
    return error{
      errc::invalid_argument,
      "a covariate needs two units at least, each with an outcome"};
  const auto mean_x = mean_of(x);
  const auto mean_y = mean_of(y);
  if (!std::isfinite(mean_x) || !std::isfinite(mean_y))
    return error{
      errc::invalid_argument, "a covariate or its outcome is not finite"};
  double together = 0;
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    together += (x[i] - mean_x) * (y[i] - mean_y);
    squares += (x[i] - mean_x) * (x[i] - mean_x);
  }
  return covariate_model{squares > 0 ? together / squares : 0, mean_x};
}

double adjusted_outcome(const covariate_model& model, double x, double y) {
  return y - model.slope * (x - model.mean);
}

outcome_guess adjusted_guess(
  const covariate_model& model, const outcome_guess& frame, double x) {
  const auto shift = model.slope * (x - model.mean);
  return {
    std::clamp(frame.champion + shift, 0.0, 1.0),
    std::clamp(frame.challenger + shift, 0.0, 1.0)};
}

} // namespace ratchet::analysis
