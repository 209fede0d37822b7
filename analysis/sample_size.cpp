#include "analysis/sample_size.hpp"

#include "analysis/detail/distributions.hpp"

#include <cmath>
#include <string>

namespace ratchet::analysis {

namespace {

error invalid(const char* what) {
  return {errc::invalid_argument, std::string{"sample size: "} + what};
}

result<void> check(const detection_goal& goal) {
  if (!(goal.effect > 0 && goal.effect <= 1))
    return invalid("the effect must be above 0 and at most 1");
  if (!(goal.alpha > 0 && goal.alpha < 1))
    return invalid("alpha must be between 0 and 1");
  if (!(goal.power > 0 && goal.power < 1))
    return invalid("the power must be between 0 and 1");
  return {};
}

} // namespace

result<std::uint64_t>
fixed_sample_size(double base, const detection_goal& goal) {
  if (auto sound = check(goal); !sound)
    return sound.err();
  const auto raised = base + goal.effect;
  if (!(base >= 0 && raised <= 1))
    return invalid("both rates must be in [0, 1]");
  const auto z = detail::normal_quantile(1 - goal.alpha / 2) +
    detail::normal_quantile(goal.power);
  const auto variance = base * (1 - base) + raised * (1 - raised);
  return static_cast<std::uint64_t>(
    std::ceil(z * z * variance / (goal.effect * goal.effect)));
}

result<std::uint64_t> sequential_sample_size(
  double variance, const detection_goal& goal, const evidence_plan& plan,
  const score_rule& rule) {
  if (auto sound = check(goal); !sound)
    return sound.err();
  if (!(variance > 0) || !std::isfinite(variance))
    return invalid("the variance must be above 0");
  if (auto sound = check(plan); !sound)
    return sound.err();
  if (auto sound = check(rule); !sound)
    return sound.err();
  const auto mixture = effect_mixture(plan, rule);
  const auto level = std::log(1 / goal.alpha);
  const auto z = detail::normal_quantile(goal.power);
  // All but a few of the sums are above this, so their bound must be below.
  const auto enough = [&](std::uint64_t n) {
    const auto units = static_cast<double>(n);
    return goal.effect * units - z * std::sqrt(variance * units) >=
      mixture.bound(variance * units, level);
  };
  std::uint64_t high = 1;
  while (!enough(high)) {
    if (high >= std::uint64_t{1} << 40)
      return invalid("2^40 units would not show an effect this small");
    high *= 2;
  }
  auto low = high / 2;
  while (high - low > 1) {
    const auto middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

} // namespace ratchet::analysis
