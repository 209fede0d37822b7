#include "analysis/experiment.hpp"

#include "analysis/detail/decision_fields.hpp"
#include "analysis/detail/experiment_sentence.hpp"
#include "analysis/detail/text.hpp"
#include "analysis/response.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ratchet::analysis {

namespace {

/// Evidence of a larger share without a propensity makes it invalid.
constexpr double excluded_limit = 0.001;
/// A larger share of units that were taken back is worth a warning.
constexpr double taken_back_limit = 0.01;
/// Of the intervals that are shown and by which winners are chosen.
constexpr double interval_alpha = 0.05;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "experiment: " + what};
}

bool is_level(double alpha) {
  return alpha > 0 && alpha < 1;
}

result<void> check(const experiment_metric& metric) {
  if (auto sound = check(metric.plan); !sound)
    return sound;
  if (!(metric.min_effect > -1 && metric.min_effect < 1))
    return invalid(
      "min_effect of " + metric.name + " must be between -1 and 1");
  return {};
}

result<void> check(const experiment_rule& rule) {
  for (const auto level :
       {rule.alpha, rule.guardrail_alpha, rule.harm_alpha, rule.ratio_alpha,
        rule.response_alpha})
    if (!is_level(level))
      return invalid("every error rate must be between 0 and 1");
  if (auto sound = check(rule.primary); !sound)
    return sound;
  for (const auto& guardrail : rule.guardrails)
    if (auto sound = check(guardrail); !sound)
      return sound;
  if (rule.max_units == 0 || rule.max_duration <= duration::zero())
    return invalid("max_units and max_duration must be above 0");
  return {};
}

result<void>
check(const challenger_evidence& challenger, const experiment_rule& rule) {
  if (challenger.metrics.size() != 1 + rule.guardrails.size())
    return invalid(
      "challenger " + challenger.name + " has evidence on " +
      std::to_string(challenger.metrics.size()) + " metrics, not on " +
      std::to_string(1 + rule.guardrails.size()));
  for (const auto& evidence : challenger.metrics)
    if (auto sound = check(evidence.rule); !sound)
      return sound;
  return check(challenger.answered.rule);
}

result<void> check(const experiment_inputs& in) {
  if (auto sound = check(in.rule); !sound)
    return sound;
  if (in.challengers.empty())
    return invalid("there is no challenger");
  if (in.trial == 0 || in.promoted_before >= in.trial)
    return invalid(
      "trials are counted from 1, and fewer were promoted before this one");
  for (const auto& challenger : in.challengers)
    if (auto sound = check(challenger, in.rule); !sound)
      return sound;
  for (const auto* epochs : {&in.assigned, &in.matured})
    for (const auto& epoch : *epochs)
      if (epoch.counts.size() != 1 + in.challengers.size())
        return invalid(
          "units were counted for " + std::to_string(epoch.counts.size()) +
          " arms, but there are " + std::to_string(1 + in.challengers.size()));
  return {};
}

const experiment_metric& metric_at(const experiment_rule& rule, std::size_t i) {
  return i == 0 ? rule.primary : rule.guardrails[i - 1];
}

metric_finding
find_on(const experiment_metric& metric, const pair_evidence& evidence) {
  return {
    metric.name,
    evidence.sums.champion_units,
    evidence.sums.challenger_units,
    mean_effect(evidence.sums),
    effect_sequence(evidence, metric.plan, interval_alpha),
    effect_above_ln_e(evidence, metric.plan, metric.min_effect),
    harm_ln_e(evidence.sums)};
}

/// Harm first; then what keeps the challenger from a promotion, if anything.
void judge(challenger_finding& found, const experiment_decision& decision) {
  const auto most_harm = std::max_element(
    found.metrics.begin(), found.metrics.end(),
    [](const auto& a, const auto& b) { return a.harm < b.harm; });
  if (found.harmful || most_harm->harm >= decision.harm_bound) {
    found.harmful = true;
    found.reason_metric = most_harm->metric;
    return;
  }
  if (found.answers_differ)
    return;
  for (std::size_t i = 0; i < found.metrics.size(); ++i) {
    const auto bound =
      i == 0 ? decision.promote_bound : decision.guardrail_bound;
    // Written so that NaN, which compares false, never promotes.
    if (!(found.metrics[i].above_min_effect >= bound)) {
      found.reason_metric = found.metrics[i].metric;
      return;
    }
  }
  found.passes = true;
}

challenger_finding find(
  const challenger_evidence& challenger, const experiment_rule& rule,
  const experiment_decision& decision) {
  challenger_finding found;
  found.name = challenger.name;
  found.harmful = challenger.rolled_back;
  for (std::size_t i = 0; i < challenger.metrics.size(); ++i)
    found.metrics.push_back(find_on(metric_at(rule, i), challenger.metrics[i]));
  const auto& answered = challenger.answered;
  if (answered.sums.units() > 0) {
    const auto compared = compare_responses(
      answered, rule.primary.plan, rule.response_alpha, {}, {});
    found.answers = compared.difference;
    found.answers_differ = compared.differs;
  }
  judge(found, decision);
  return found;
}

void set_bounds(const experiment_inputs& in, experiment_decision& decision) {
  const auto& rule = in.rule;
  decision.level =
    e_lond_level(rule.alpha, in.trial, in.promoted_before, rule.pace);
  const auto challengers = static_cast<double>(in.challengers.size());
  const auto metrics = static_cast<double>(1 + rule.guardrails.size());
  decision.promote_bound = std::log(challengers / decision.level);
  decision.guardrail_bound = -std::log(rule.guardrail_alpha);
  decision.harm_bound = std::log(metrics / rule.harm_alpha);
  // Of the assigned units, the matured ones, and those without a propensity.
  decision.ratio_bound = std::log(3 / rule.ratio_alpha);
}

result<void>
find_ratio(const experiment_inputs& in, experiment_decision& decision) {
  const auto assigned = sample_ratio_evidence(in.assigned);
  if (!assigned)
    return assigned.err();
  const auto matured = sample_ratio_evidence(in.matured);
  if (!matured)
    return matured.err();
  decision.assigned_ln_e = assigned->ln_e;
  decision.matured_ln_e = matured->ln_e;
  decision.impossible_ratio = assigned->impossible || matured->impossible;
  return {};
}

void count_units(const experiment_inputs& in, experiment_decision& decision) {
  for (const auto& epoch : in.matured)
    decision.units =
      std::accumulate(epoch.counts.begin(), epoch.counts.end(), decision.units);
  decision.excluded = in.excluded;
  decision.excluded_ln_e =
    rate_above_ln_e(in.excluded, decision.units + in.excluded, excluded_limit);
  decision.elapsed = in.elapsed;
  for (const auto& challenger : in.challengers)
    decision.taken_back =
      std::max(decision.taken_back, challenger.metrics.front().taken_back);
  const auto total = static_cast<double>(decision.units);
  if (static_cast<double>(decision.taken_back) > taken_back_limit * total)
    decision.warning = detail::share_text(decision.taken_back, decision.units) +
      " of the units were taken back again: find out why";
}

bool is_invalid(const experiment_decision& d) {
  return d.impossible_ratio || d.assigned_ln_e >= d.ratio_bound ||
    d.matured_ln_e >= d.ratio_bound || d.excluded_ln_e >= d.ratio_bound;
}

bool has_enough(const challenger_finding& found, const experiment_inputs& in) {
  const auto& primary = found.metrics.front();
  return primary.champion_units >= in.rule.min_units &&
    primary.challenger_units >= in.rule.min_units &&
    in.elapsed >= in.rule.min_duration;
}

/// Of those that may be promoted, the one whose gain is largest for certain;
/// null if there is none.
const challenger_finding*
best_of(const experiment_inputs& in, const experiment_decision& decision) {
  const challenger_finding* best = nullptr;
  for (const auto& found : decision.challengers)
    if (
      found.passes && has_enough(found, in) &&
      (best == nullptr ||
       found.metrics.front().covered.low > best->metrics.front().covered.low))
      best = &found;
  return best;
}

void decide(const experiment_inputs& in, experiment_decision& decision) {
  using enum experiment_verdict;
  if (is_invalid(decision)) {
    decision.verdict = invalid;
  } else if (std::all_of(
               decision.challengers.begin(), decision.challengers.end(),
               [](const auto& found) { return found.harmful; })) {
    decision.verdict = rolled_back;
  } else if (const auto* best = best_of(in, decision)) {
    decision.verdict = promote;
    decision.winner = best->name;
  } else if (
    decision.units >= in.rule.max_units ||
    decision.elapsed >= in.rule.max_duration) {
    decision.verdict = keep_champion;
  }
}

} // namespace

std::string_view to_string(experiment_verdict verdict) {
  switch (verdict) {
  case experiment_verdict::promote:
    return "promote";
  case experiment_verdict::keep_champion:
    return "keep champion";
  case experiment_verdict::rolled_back:
    return "rolled back";
  case experiment_verdict::invalid:
    return "invalid";
  case experiment_verdict::keep_running:
    return "keep running";
  }
  return "unknown";
}

result<experiment_decision> evaluate_experiment(const experiment_inputs& in) {
  if (auto sound = check(in); !sound)
    return sound.err();
  experiment_decision decision;
  decision.formulas = experiment_formulas;
  set_bounds(in, decision);
  if (auto found = find_ratio(in, decision); !found)
    return found.err();
  count_units(in, decision);
  for (const auto& challenger : in.challengers)
    decision.challengers.push_back(find(challenger, in.rule, decision));
  decide(in, decision);
  decision.sentence = detail::experiment_sentence(in, decision);
  return decision;
}

result<void> verify_decision(
  const experiment_decision& recorded, const experiment_inputs& inputs) {
  if (recorded.formulas != experiment_formulas)
    return error{
      errc::conflict,
      "the decision was made by formulas " + std::to_string(recorded.formulas) +
        ", and this build has " + std::to_string(experiment_formulas)};
  const auto again = evaluate_experiment(inputs);
  if (!again)
    return again.err();
  const auto then = detail::fields_of(recorded);
  const auto now = detail::fields_of(*again);
  const auto [a, b] =
    std::mismatch(then.begin(), then.end(), now.begin(), now.end());
  if (a == then.end() && b == now.end())
    return {};
  if (a == then.end() || b == now.end() || a->name != b->name)
    return error{
      errc::conflict, "the decision was made on other challengers or metrics"};
  return error{
    errc::conflict,
    a->name + " was " + a->value + " when the decision was made, and is " +
      b->value + " from the history"};
}

} // namespace ratchet::analysis
