#include "analysis/live_experiment.hpp"

#include "analysis/detail/portable_log.hpp"
#include "analysis/hash.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ratchet::analysis {

namespace {

/// What shares that were computed may be off by.
constexpr double slack = 1e-9;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "experiment: " + what};
}

double margin_of(const experiment_settings& settings, std::size_t metric) {
  return settings.harm_margins.empty() ? 0 : settings.harm_margins[metric];
}

std::size_t metrics_of(const experiment_settings& settings) {
  return 1 + settings.rule.guardrails.size();
}

result<void>
check_ramp(const experiment_settings& settings, std::size_t challengers) {
  if (settings.ramp.empty())
    return invalid("the ramp has no step; give it one");
  const auto least = settings.min_propensity * static_cast<double>(challengers);
  double before = 0;
  for (const auto& step : settings.ramp) {
    if (!(step.traffic >= least - slack &&
          step.traffic <= 1 - settings.min_propensity + slack))
      return invalid(
        "a step of the ramp gives the challengers " +
        std::to_string(step.traffic) +
        " of the traffic; between min_propensity for each of them and all but "
        "min_propensity is possible");
    if (step.traffic < before)
      return invalid("the steps of a ramp must not go down");
    before = step.traffic;
  }
  for (std::size_t i = 0; i + 1 < settings.ramp.size(); ++i)
    if (settings.ramp[i].lasts <= duration::zero())
      return invalid("each step of a ramp but the last must last some time");
  return {};
}

bool fits(const live_experiment& experiment, std::span<const double> shares) {
  const auto sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  return shares.size() == 1 + experiment.challengers.size() &&
    std::all_of(
           shares.begin(), shares.end(), [](double s) { return s >= 0; }) &&
    std::abs(sum - 1) <= slack;
}

result<void> check_unit(
  const live_experiment& experiment, std::size_t arm,
  std::span<const double> shares) {
  if (arm > experiment.challengers.size())
    return invalid("there is no arm " + std::to_string(arm));
  if (!fits(experiment, shares))
    return invalid("a unit's shares are not one for each arm with the sum 1");
  return {};
}

void count(
  std::vector<ratio_epoch>& epochs, std::size_t arm,
  std::span<const double> shares) {
  const auto same = [&](const ratio_epoch& epoch) {
    return std::equal(
      shares.begin(), shares.end(), epoch.probabilities.begin(),
      epoch.probabilities.end());
  };
  // What comes is nearly always of the newest epoch.
  const auto found = std::find_if(epochs.rbegin(), epochs.rend(), same);
  if (found != epochs.rend()) {
    ++found->counts[arm];
    return;
  }
  ratio_epoch next{
    {shares.begin(), shares.end()}, std::vector<std::uint64_t>(shares.size())};
  next.counts[arm] = 1;
  epochs.push_back(std::move(next));
}

result<void>
add_to(pair_evidence& evidence, arm which, double propensity, double outcome) {
  if (needs_epoch(evidence, propensity))
    if (auto opened = open_epoch(evidence, propensity); !opened)
      return opened;
  return add(evidence, {which, outcome, {}});
}

/// What the unit tells of challenger `k`, from 1.
result<void> add_to_challenger(
  live_experiment& experiment, const matured_unit& unit, std::size_t k) {
  if (unit.shares[k] == 0 || unit.shares[0] == 0)
    return {}; // This pair was not drawn from.
  const auto which = unit.arm == 0 ? arm::champion : arm::challenger;
  const auto propensity =
    conditional_propensity(unit.shares[0], unit.shares[k]);
  auto& challenger = experiment.challengers[k - 1];
  const auto answered = unit.outcomes.front() ? 1.0 : 0.0;
  if (auto added = add_to(challenger.answered, which, propensity, answered);
      !added)
    return added;
  auto& metrics = challenger.metrics;
  for (std::size_t m = 0; m < metrics.size(); ++m)
    if (const auto outcome = unit.outcomes[m])
      if (auto added = add_to(metrics[m], which, propensity, *outcome); !added)
        return added;
  return {};
}

score_rule rule_of(
  const experiment_settings& settings, std::size_t challengers,
  std::size_t metric) {
  return {least_propensity(settings, challengers), margin_of(settings, metric)};
}

/// Everything that could refuse the unit, before anything is changed.
result<void>
check_outcomes(const live_experiment& experiment, const matured_unit& unit) {
  if (unit.outcomes.size() != metrics_of(experiment.settings))
    return invalid("a unit's outcomes are not one for each metric");
  for (const auto& outcome : unit.outcomes)
    if (outcome && !(*outcome >= 0 && *outcome <= 1))
      return invalid(
        "outcome " + std::to_string(*outcome) +
        " is outside [0, 1]; scale the metric by its declared bounds");
  const auto least = experiment.settings.min_propensity;
  for (const auto share : unit.shares)
    if (share != 0 && share < least - slack)
      return invalid(
        "a unit's share of " + std::to_string(share) +
        " is below min_propensity, " + std::to_string(least));
  return {};
}

const ramp_step& step_at(const live_experiment& experiment, time_point now) {
  const auto& ramp = experiment.settings.ramp;
  auto ends = experiment.began;
  for (std::size_t i = 0; i + 1 < ramp.size(); ++i) {
    ends += ramp[i].lasts;
    if (now < ends)
      return ramp[i];
  }
  return ramp.back();
}

std::uint64_t matured_units(const live_experiment& experiment) {
  std::uint64_t sum = 0;
  for (const auto& epoch : experiment.matured)
    sum = std::accumulate(epoch.counts.begin(), epoch.counts.end(), sum);
  return sum;
}

/// A challenger as the allocation sees it: of what the challengers share.
arm_state state_of(const live_experiment& experiment, std::size_t k) {
  const auto& challenger = experiment.challengers[k - 1];
  const auto& sums = challenger.metrics.front().sums;
  arm_state state;
  state.open = !challenger.rolled_back;
  const auto traffic = 1 - experiment.shares.front();
  state.share = traffic > 0 ? experiment.shares[k] / traffic : 0;
  state.estimate.units = static_cast<double>(sums.challenger_units);
  if (sums.challenger_units > 0) {
    const auto mean = value_of(sums.challenger_outcomes) / state.estimate.units;
    state.estimate.mean = std::clamp(mean, 0.0, 1.0);
    // The most that outcomes in [0, 1] of this mean can have.
    state.estimate.variance = state.estimate.mean * (1 - state.estimate.mean);
  }
  return state;
}

/// How the challengers divide `traffic`, one after the other.
std::vector<double> divide(const live_experiment& experiment, double traffic) {
  std::vector<arm_state> arms;
  for (std::size_t k = 1; k <= experiment.challengers.size(); ++k)
    arms.push_back(state_of(experiment, k));
  auto rule = experiment.settings.allocation;
  rule.floor =
    std::max(rule.floor, experiment.settings.min_propensity / traffic);
  // The rule was checked at the begin, and there is an open arm.
  auto parts = allocate(rule, arms);
  RATCHET_ASSERT(parts.ok());
  return std::move(*parts);
}

bool gives_to_one_that_is_out(const live_experiment& experiment) {
  for (std::size_t k = 1; k < experiment.shares.size(); ++k)
    if (experiment.challengers[k - 1].rolled_back && experiment.shares[k] > 0)
      return true;
  return false;
}

} // namespace

double
least_propensity(const experiment_settings& settings, std::size_t challengers) {
  const auto most = static_cast<double>(challengers);
  const auto equal = settings.allocation.method == allocation_method::equal;
  double least = 0.5;
  for (const auto& [traffic, lasts] : settings.ramp) {
    const auto floor =
      std::max(settings.allocation.floor * traffic, settings.min_propensity);
    const auto smallest =
      equal ? traffic / most : std::min(floor, traffic / most);
    // The last challenger that is left gets what all of them had.
    least = std::min(
      {least, conditional_propensity(1 - traffic, smallest), 1 - traffic});
  }
  return least;
}

result<void>
check(const experiment_settings& settings, std::size_t challengers) {
  if (challengers == 0)
    return invalid("there is no challenger");
  const auto metrics = metrics_of(settings);
  if (!settings.harm_margins.empty() && settings.harm_margins.size() != metrics)
    return invalid(
      "harm_margins has " + std::to_string(settings.harm_margins.size()) +
      " numbers for " + std::to_string(metrics) + " metrics");
  if (!(settings.min_propensity > 0 && settings.min_propensity <= 0.5))
    return invalid("min_propensity must be above 0 and at most 0.5");
  if (auto sound = check_ramp(settings, challengers); !sound)
    return sound;
  for (std::size_t m = 0; m < metrics; ++m)
    if (auto sound = check(rule_of(settings, challengers, m)); !sound)
      return sound;
  const std::vector<arm_state> arms(challengers);
  if (auto sound = allocate(settings.allocation, arms); !sound)
    return sound.err();
  return {};
}

result<live_experiment> begin_experiment(
  experiment_settings settings, std::span<const std::string> challengers,
  std::uint64_t trial, std::uint64_t promoted_before, time_point at) {
  if (auto sound = check(settings, challengers.size()); !sound)
    return sound.err();
  live_experiment made;
  made.settings = std::move(settings);
  made.trial = trial;
  made.promoted_before = promoted_before;
  made.began = at;
  for (const auto& name : challengers) {
    challenger_evidence one;
    one.name = name;
    one.answered.rule = rule_of(made.settings, challengers.size(), 0);
    for (std::size_t m = 0; m < metrics_of(made.settings); ++m)
      one.metrics.push_back(
        {.rule = rule_of(made.settings, challengers.size(), m),
         .frames = {},
         .sums = {}});
    made.challengers.push_back(std::move(one));
  }
  // Whatever a verdict would refuse is refused now.
  if (auto asked = evaluate_experiment(inputs_of(made, at)); !asked)
    return asked.err();
  made.shares.assign(1 + challengers.size(), 0);
  made.shares = shares_due(made, at);
  return made;
}

std::size_t assign_arm(
  std::string_view unit, std::string_view salt,
  std::span<const double> shares) {
  const auto key = salted_hash(salt, unit);
  std::size_t best = 0;
  double smallest = HUGE_VAL;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    if (!(shares[k] > 0))
      continue;
    const auto u = 1 - to_unit(draw(key, k));
    const auto distance = -detail::portable_log(u) / shares[k];
    if (distance < smallest) {
      smallest = distance;
      best = k;
    }
  }
  return best;
}

result<void> count_assigned(
  live_experiment& experiment, std::size_t arm,
  std::span<const double> shares) {
  if (auto sound = check_unit(experiment, arm, shares); !sound)
    return sound;
  count(experiment.assigned, arm, shares);
  return {};
}

result<void>
count_matured(live_experiment& experiment, const matured_unit& unit) {
  if (unit.shares.empty()) {
    ++experiment.excluded;
    return {};
  }
  if (auto sound = check_unit(experiment, unit.arm, unit.shares); !sound)
    return sound;
  if (auto sound = check_outcomes(experiment, unit); !sound)
    return sound;
  count(experiment.matured, unit.arm, unit.shares);
  if (unit.arm != 0)
    return add_to_challenger(experiment, unit, unit.arm);
  for (std::size_t k = 1; k < unit.shares.size(); ++k)
    if (auto added = add_to_challenger(experiment, unit, k); !added)
      return added;
  return {};
}

std::vector<double>
shares_due(const live_experiment& experiment, time_point now) {
  const auto arms = 1 + experiment.challengers.size();
  std::vector<double> shares(arms, 0);
  const auto open = static_cast<std::size_t>(std::count_if(
    experiment.challengers.begin(), experiment.challengers.end(),
    [](const auto& challenger) { return !challenger.rolled_back; }));
  if (open == 0) {
    shares[0] = 1;
    return shares;
  }
  const auto traffic = step_at(experiment, now).traffic;
  const auto rests = experiment.shares.front() == 1 - traffic &&
    !gives_to_one_that_is_out(experiment) &&
    matured_units(experiment) <
      experiment.shared_at + experiment.settings.allocation_units;
  if (rests)
    return experiment.shares;
  const auto parts = divide(experiment, traffic);
  shares[0] = 1 - traffic;
  for (std::size_t k = 1; k < arms; ++k)
    shares[k] = traffic * parts[k - 1];
  return shares;
}

void set_shares(live_experiment& experiment, std::vector<double> shares) {
  RATCHET_ASSERT(fits(experiment, shares));
  experiment.shares = std::move(shares);
  experiment.shared_at = matured_units(experiment);
}

experiment_inputs inputs_of(const live_experiment& experiment, time_point now) {
  return {
    .rule = experiment.settings.rule,
    .trial = experiment.trial,
    .promoted_before = experiment.promoted_before,
    .elapsed = now - experiment.began,
    .assigned = experiment.assigned,
    .matured = experiment.matured,
    .excluded = experiment.excluded,
    .challengers = experiment.challengers,
  };
}

result<experiment_decision> judge(live_experiment& experiment, time_point now) {
  auto decision = evaluate_experiment(inputs_of(experiment, now));
  if (!decision)
    return decision;
  for (std::size_t k = 0; k < experiment.challengers.size(); ++k)
    if (decision->challengers[k].harmful)
      experiment.challengers[k].rolled_back = true;
  return decision;
}

} // namespace ratchet::analysis
