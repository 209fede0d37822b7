#include "analysis/evidence.hpp"

#include "analysis/detail/log_sum.hpp"

#include <algorithm>
#include <cmath>

namespace ratchet::analysis {

result<void> check(const evidence_plan& plan) {
  if (
    !(plan.planned_units > 0 && plan.planned_variance > 0) ||
    !std::isfinite(plan.planned_units * plan.planned_variance))
    return error{
      errc::invalid_argument,
      "experiment plan: planned_units and planned_variance must be above 0"};
  if (!(plan.alpha > 0 && plan.alpha < 1))
    return error{
      errc::invalid_argument, "experiment plan: alpha must be between 0 and 1"};
  return {};
}

gamma_exponential
effect_mixture(const evidence_plan& plan, const score_rule& rule) {
  const auto time = plan.planned_units * plan.planned_variance;
  // A score is 1 / min_propensity below 0 at most, its center 1 above.
  return {one_sided_rho(time, plan.alpha / 2), 1 + 1 / rule.min_propensity};
}

double effect_above_ln_e(
  const pair_evidence& evidence, const evidence_plan& plan, double effect) {
  const auto& sums = evidence.sums;
  if (sums.units() == 0)
    return 0;
  const auto n = static_cast<double>(sums.units());
  return effect_mixture(plan, evidence.rule)
    .ln_e(value_of(sums.scores) - n * effect, value_of(sums.spread));
}

double harm_ln_e(const score_sums& sums) {
  std::array<double, harm_bets> wealth{};
  std::transform(sums.harm.begin(), sums.harm.end(), wealth.begin(), value_of);
  return detail::log_mean_exp(wealth);
}

std::optional<double> mean_effect(const score_sums& sums) {
  if (sums.units() == 0)
    return std::nullopt;
  return value_of(sums.scores) / static_cast<double>(sums.units());
}

interval effect_sequence(
  const pair_evidence& evidence, const evidence_plan& plan, double alpha) {
  const auto mean = mean_effect(evidence.sums);
  if (!mean)
    return {-1, 1};
  const auto reach =
    effect_mixture(plan, evidence.rule)
      .bound(value_of(evidence.sums.spread), std::log(2 / alpha)) /
    static_cast<double>(evidence.sums.units());
  // The effect is in [-1, 1], whatever a mean over few units says.
  return {
    std::clamp(*mean - reach, -1.0, 1.0), std::clamp(*mean + reach, -1.0, 1.0)};
}

} // namespace ratchet::analysis
