#include "analysis/response.hpp"

#include <algorithm>

namespace ratchet::analysis {

interval certain_bounds(const arm_response& arm) {
  if (arm.units == 0)
    return {0, 1};
  const auto rate =
    static_cast<double>(arm.responded) / static_cast<double>(arm.units);
  const auto known = rate * arm.mean.value_or(0);
  return {known, std::min(1.0, known + 1 - rate)};
}

response_check compare_responses(
  const pair_evidence& responded, const evidence_plan& plan, double alpha,
  const arm_response& champion, const arm_response& challenger) {
  response_check c;
  c.difference = effect_sequence(responded, plan, alpha);
  c.differs = c.difference.low > 0 || c.difference.high < 0;
  c.champion = certain_bounds(champion);
  c.challenger = certain_bounds(challenger);
  return c;
}

std::optional<double>
reweighted_mean(std::span<const weighted_response> responses, double clip) {
  double weights = 0;
  double sum = 0;
  for (const auto& r : responses) {
    const auto weight = std::min(1 / r.probability, clip);
    weights += weight;
    sum += weight * r.value;
  }
  if (weights == 0)
    return std::nullopt;
  return sum / weights;
}

} // namespace ratchet::analysis
