#include "analysis/preference.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace ratchet::analysis {

namespace {

/// On the slope of length, for the 805 pairs it was chosen on.
constexpr double ridge_per_pair = 12.0 / 805;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "win rate: " + what};
}

double mean_of(std::span<const double> x) {
  double sum = 0;
  for (const auto value : x)
    sum += value;
  return sum / static_cast<double>(x.size());
}

/// The sample's standard deviation; two values at least.
double deviation_of(std::span<const double> x) {
  const auto mean = mean_of(x);
  double squares = 0;
  for (const auto value : x)
    squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (static_cast<double>(x.size()) - 1));
}

/// By value, so that sums do not depend on the order of arrival.
std::vector<length_pair> sorted(std::span<const length_pair> pairs) {
  std::vector<length_pair> in_order(pairs.begin(), pairs.end());
  std::sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) {
    return std::tie(a.preference, a.extra_length) <
      std::tie(b.preference, b.extra_length);
  });
  return in_order;
}

/// A symmetric 2 by 2 matrix.
struct symmetric {
  double a = 0;
  double b = 0;
  double d = 0;

  [[nodiscard]] double determinant() const { return a * d - b * b; }
};

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

/// logit(preference) = level + slope * length.
struct length_model {
  double level = 0;
  double slope = 0;
  double level_variance = 0; ///< By the sandwich.
};

/// First and second derivatives of the penalized likelihood, and the sum of the
/// squares of the first ones.
struct derivatives {
  double level = 0;
  double slope = 0;
  symmetric curvature;
  symmetric meat;
};

derivatives derive(
  const length_model& model, std::span<const double> preference,
  std::span<const double> length) {
  const auto ridge = ridge_per_pair * static_cast<double>(length.size());
  derivatives d;
  d.slope = -ridge * model.slope;
  d.curvature.d = ridge;
  for (std::size_t i = 0; i < length.size(); ++i) {
    const auto x = length[i];
    const auto p = logistic(model.level + model.slope * x);
    const auto off = preference[i] - p;
    const auto weight = p * (1 - p);
    d.level += off;
    d.slope += off * x;
    d.curvature.a += weight;
    d.curvature.b += weight * x;
    d.curvature.d += weight * x * x;
    d.meat.a += off * off;
    d.meat.b += off * off * x;
    d.meat.d += off * off * x * x;
  }
  return d;
}

/// Newton's method. A share of 0 or 1 has no finite level: it is then held
/// where the share is within e^-20 of it.
length_model
fit_length(std::span<const double> preference, std::span<const double> length) {
  length_model model;
  for (int round = 0; round < 100; ++round) {
    const auto d = derive(model, preference, length);
    const auto& h = d.curvature;
    const auto det = h.determinant();
    const auto level = (h.d * d.level - h.b * d.slope) / det;
    const auto slope = (h.a * d.slope - h.b * d.level) / det;
    const auto longest = std::max(std::abs(level), std::abs(slope));
    const auto cut = longest > 2 ? 2 / longest : 1.0;
    model.level = std::clamp(model.level + cut * level, -20.0, 20.0);
    model.slope += cut * slope;
    if (longest < 1e-12)
      break;
  }
  const auto d = derive(model, preference, length);
  const auto& h = d.curvature;
  const auto det = h.determinant();
  // The first row of the inverse of the curvature.
  const auto u = h.d / det;
  const auto v = -h.b / det;
  model.level_variance =
    u * u * d.meat.a + 2 * u * v * d.meat.b + v * v * d.meat.d;
  return model;
}

} // namespace

double settled_preference(const judged_pair& pair) {
  const auto agree = (pair.shown_first - 0.5) * (pair.shown_second - 0.5) > 0;
  return agree ? (pair.shown_first + pair.shown_second) / 2 : 0.5;
}

position_bias position_bias_of(std::span<const judged_pair> pairs) {
  position_bias bias;
  bias.pairs = pairs.size();
  if (pairs.empty())
    return bias;
  std::vector<double> shifts;
  shifts.reserve(pairs.size());
  for (const auto& pair : pairs) {
    shifts.push_back((pair.shown_first - pair.shown_second) / 2);
    const auto sides = (pair.shown_first - 0.5) * (pair.shown_second - 0.5);
    bias.disagreements += sides < 0 ? 1 : 0;
  }
  bias.shift = mean_of(shifts);
  if (shifts.size() > 1)
    bias.standard_error =
      deviation_of(shifts) / std::sqrt(static_cast<double>(shifts.size()));
  return bias;
}

result<win_rate> win_rate_of(std::span<const length_pair> pairs) {
  if (pairs.size() < 2)
    return invalid("two pairs are needed at least");
  win_rate rate;
  rate.pairs = pairs.size();
  std::vector<double> preference;
  std::vector<double> length;
  for (const auto& pair : sorted(pairs)) {
    if (!(pair.preference >= 0 && pair.preference <= 1))
      return invalid("a preference is outside [0, 1]");
    if (!std::isfinite(pair.extra_length))
      return invalid("a length is not finite");
    preference.push_back(pair.preference);
    length.push_back(pair.extra_length);
    rate.wins += pair.preference > 0.5 ? 1 : 0;
    rate.draws += pair.preference == 0.5 ? 1 : 0;
  }
  rate.share = mean_of(preference);
  rate.standard_error = deviation_of(preference) /
    std::sqrt(static_cast<double>(preference.size()));
  const auto scale = deviation_of(length);
  if (!(scale > 0))
    return rate;
  for (auto& x : length)
    x = std::tanh(x / scale);
  const auto model = fit_length(preference, length);
  const auto controlled = logistic(model.level);
  rate.length_controlled = controlled;
  rate.length_controlled_error =
    controlled * (1 - controlled) * std::sqrt(model.level_variance);
  rate.needs_review = (rate.share - 0.5) * (controlled - 0.5) < 0;
  return rate;
}

} // namespace ratchet::analysis
