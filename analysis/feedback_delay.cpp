#include "analysis/feedback_delay.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ratchet::analysis {

namespace {

struct moment {
  duration at{};
  bool feedback = false;
};

std::vector<moment> in_order(std::span<const exposure_delay> exposures) {
  std::vector<moment> list;
  list.reserve(exposures.size());
  for (const auto& e : exposures) {
    const auto came = e.feedback_after && *e.feedback_after <= e.watched;
    list.push_back({came ? *e.feedback_after : e.watched, came});
  }
  // At one moment feedback comes before the end of watching.
  std::sort(list.begin(), list.end(), [](const moment& a, const moment& b) {
    return a.at != b.at ? a.at < b.at : a.feedback && !b.feedback;
  });
  return list;
}

} // namespace

std::vector<delay_step> delay_curve(std::span<const exposure_delay> exposures) {
  const auto list = in_order(exposures);
  std::vector<delay_step> curve;
  double without = 1;
  double greenwood = 0;
  for (std::size_t i = 0; i < list.size();) {
    const auto at = list[i].at;
    const auto at_risk = static_cast<double>(list.size() - i);
    double events = 0;
    for (; i < list.size() && list[i].at == at; ++i)
      events += list[i].feedback ? 1 : 0;
    if (events == 0)
      continue;
    without *= 1 - events / at_risk;
    // Where all got feedback the share is 0 and certain.
    greenwood += at_risk > events ? events / (at_risk * (at_risk - events)) : 0;
    curve.push_back({at, without, without * std::sqrt(greenwood)});
  }
  return curve;
}

std::optional<duration>
delay_quantile(std::span<const delay_step> curve, double p) {
  if (curve.empty())
    return std::nullopt;
  const auto ever = 1 - curve.back().without;
  // Rounding must not push the last step out of reach.
  const auto found =
    std::find_if(curve.begin(), curve.end(), [&](const delay_step& s) {
      return 1 - s.without >= p * ever * (1 - 1e-12);
    });
  return found->after;
}

std::optional<duration> feedback_horizon(
  std::span<const exposure_delay> exposures, duration in_use,
  std::size_t min_feedback) {
  std::vector<exposure_delay> old;
  std::copy_if(
    exposures.begin(), exposures.end(), std::back_inserter(old),
    [&](const exposure_delay& e) { return e.watched >= 2 * in_use; });
  const auto answered =
    std::count_if(old.begin(), old.end(), [](const exposure_delay& e) {
      return e.feedback_after && *e.feedback_after <= e.watched;
    });
  if (static_cast<std::size_t>(answered) < min_feedback)
    return std::nullopt;
  return delay_quantile(delay_curve(old), 0.95);
}

} // namespace ratchet::analysis
