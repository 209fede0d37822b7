#include "analysis/detail/experiment_sentence.hpp"

#include "analysis/detail/text.hpp"

#include <algorithm>
#include <cmath>

namespace ratchet::analysis::detail {

namespace {

/// An e-value from its logarithm: "31.2", "1.2e+08".
std::string evidence_text(double ln_e) {
  constexpr double largest = 690;
  if (ln_e > largest)
    return "more than 1e+299";
  return show(std::exp(ln_e), 3);
}

std::string against(double ln_e, double bound) {
  return "evidence " + evidence_text(ln_e) + " against a bound of " +
    evidence_text(bound);
}

/// "better by 0.031 (-0.004 to 0.066)".
std::string effect_text(const metric_finding& found) {
  if (!found.effect)
    return "not measured yet";
  const auto effect = *found.effect;
  auto text = effect == 0
    ? std::string{"equal"}
    : (effect > 0 ? "better by " : "worse by ") + show(std::abs(effect), 3);
  return text + " (" + show(found.covered.low, 3) + " to " +
    show(found.covered.high, 3) + " with 95 % confidence at all times)";
}

std::string units_text(std::uint64_t units) {
  return std::to_string(units) + (units == 1 ? " unit" : " units");
}

const metric_finding&
finding_of(const challenger_finding& challenger, const std::string& metric) {
  const auto found = std::find_if(
    challenger.metrics.begin(), challenger.metrics.end(),
    [&](const auto& m) { return m.metric == metric; });
  return found == challenger.metrics.end() ? challenger.metrics.front()
                                           : *found;
}

std::string rate_text(const experiment_inputs& in, double level) {
  auto text = "error rate " + show(level, 3) + ", experiment " +
    std::to_string(in.trial) + " of the series";
  if (in.challengers.size() > 1)
    text += " with " + std::to_string(in.challengers.size()) + " challengers";
  return text;
}

std::string
promoted(const experiment_inputs& in, const experiment_decision& decision) {
  const auto winner = std::find_if(
    decision.challengers.begin(), decision.challengers.end(),
    [&](const auto& found) { return found.name == decision.winner; });
  const auto& primary = winner->metrics.front();
  auto text = "promote " + winner->name + ": its " + primary.metric + " is " +
    effect_text(primary) + " on " +
    units_text(primary.champion_units + primary.challenger_units) + "; " +
    against(primary.above_min_effect, decision.promote_bound) + " (" +
    rate_text(in, decision.level) + ")";
  if (winner->metrics.size() > 1)
    text += ", and no guardrail loses more than is allowed";
  return text;
}

std::string harm_text(
  const experiment_inputs& in, const challenger_finding& challenger,
  const experiment_decision& decision) {
  const auto& worst = finding_of(challenger, challenger.reason_metric);
  return challenger.name + " does harm: its " + worst.metric + " is " +
    effect_text(worst) + " on " +
    units_text(worst.champion_units + worst.challenger_units) + "; " +
    against(worst.harm, decision.harm_bound) + " (error rate " +
    show(in.rule.harm_alpha, 3) + " over " +
    std::to_string(challenger.metrics.size()) +
    (challenger.metrics.size() == 1 ? " metric)" : " metrics)");
}

/// Each challenger that does harm, behind "; ".
std::string
all_harm(const experiment_inputs& in, const experiment_decision& decision) {
  std::string text;
  for (const auto& challenger : decision.challengers)
    if (challenger.harmful)
      text += "; " + harm_text(in, challenger, decision);
  return text;
}

std::string invalid(const experiment_decision& decision) {
  if (decision.impossible_ratio)
    return "the experiment is invalid: an arm with no share of the traffic got "
           "units; look for a wrong assignment and start again";
  const auto ratio = std::max(decision.assigned_ln_e, decision.matured_ln_e);
  if (ratio < decision.ratio_bound)
    return "the experiment is invalid: " +
      share_text(decision.excluded, decision.units + decision.excluded) +
      " of the units have no logged propensity, and 0.1 % may; " +
      against(decision.excluded_ln_e, decision.ratio_bound) +
      "; log it with every assignment and start again";
  const auto at_assignment = decision.assigned_ln_e >= decision.ratio_bound;
  return "the experiment is invalid: the arms did not get their shares of the "
         "units that " +
    std::string{at_assignment ? "were assigned" : "matured"} + "; " +
    against(ratio, decision.ratio_bound) + "; look for " +
    (at_assignment ? "a wrong assignment" : "units that an arm loses") +
    " and start again";
}

/// The challenger that is nearest to a promotion.
const challenger_finding& leader(const experiment_decision& decision) {
  const auto before = [](const auto& a, const auto& b) {
    if (a.harmful != b.harmful)
      return a.harmful;
    return a.metrics.front().above_min_effect <
      b.metrics.front().above_min_effect;
  };
  return *std::max_element(
    decision.challengers.begin(), decision.challengers.end(), before);
}

/// "its units answer less often than the champion's, by 0.02 to 0.09; ...".
std::string answers_text(const challenger_finding& challenger) {
  const auto more = challenger.answers.low > 0;
  const auto a = std::abs(challenger.answers.low);
  const auto b = std::abs(challenger.answers.high);
  return std::string{"its units answer "} + (more ? "more" : "less") +
    " often than the champion's, by " + show(std::min(a, b), 3) + " to " +
    show(std::max(a, b), 3) +
    ", so that their means cannot be compared; give the metric a default for "
    "units that do not answer";
}

/// How far the best challenger has come.
std::string
standing(const experiment_inputs& in, const experiment_decision& decision) {
  const auto& best = leader(decision);
  const auto& primary = best.metrics.front();
  auto text = best.name + " is " + effect_text(primary) + " in " +
    primary.metric + "; " +
    against(primary.above_min_effect, decision.promote_bound) + " (" +
    rate_text(in, decision.level) + ")";
  if (best.answers_differ) {
    text += ", but " + answers_text(best);
  } else if (!best.passes && best.reason_metric != primary.metric) {
    const auto& guardrail = finding_of(best, best.reason_metric);
    text += ", but a loss of " + guardrail.metric + " is not ruled out: " +
      against(guardrail.above_min_effect, decision.guardrail_bound);
  }
  return text;
}

std::string
kept(const experiment_inputs& in, const experiment_decision& decision) {
  const auto by_units = decision.units >= in.rule.max_units;
  return "keep the champion: after " + units_text(decision.units) + " in " +
    format_duration(decision.elapsed) +
    ", which is the most that is allowed (" +
    (by_units ? units_text(in.rule.max_units)
              : format_duration(in.rule.max_duration)) +
    "), " + standing(in, decision);
}

std::string
running(const experiment_inputs& in, const experiment_decision& decision) {
  auto text = "keep running: after " + units_text(decision.units) + " in " +
    format_duration(decision.elapsed) + ", " + standing(in, decision);
  if (leader(decision).passes)
    text += ", but a promotion needs " + units_text(in.rule.min_units) +
      " in each arm and " + format_duration(in.rule.min_duration);
  return text;
}

} // namespace

std::string experiment_sentence(
  const experiment_inputs& in, const experiment_decision& decision) {
  switch (decision.verdict) {
  case experiment_verdict::promote:
    return promoted(in, decision) + all_harm(in, decision);
  case experiment_verdict::keep_champion:
    return kept(in, decision) + all_harm(in, decision);
  case experiment_verdict::rolled_back:
    return "no challenger is left" + all_harm(in, decision);
  case experiment_verdict::invalid:
    return invalid(decision);
  case experiment_verdict::keep_running:
    return running(in, decision) + all_harm(in, decision);
  }
  return {};
}

} // namespace ratchet::analysis::detail
