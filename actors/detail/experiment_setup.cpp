#include "actors/detail/experiment_setup.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::actors::detail {

namespace {

using workflows::experiment_options;

/// Of a score at a rate of 0.8, when so many challengers share so much of the
/// traffic. It compares two arms: less than half of theirs makes scores wider.
double planned_variance(double traffic, std::size_t challengers) {
  const auto one = traffic / static_cast<double>(challengers);
  const auto share = one / (1 - traffic + one);
  return 0.8 * 0.2 / (share * (1 - share));
}

std::vector<analysis::ramp_step> ramp_of(const experiment_options& options) {
  std::vector<analysis::ramp_step> ramp;
  for (const auto& step : options.ramp)
    ramp.push_back({step.traffic, step.lasts});
  if (ramp.empty())
    ramp.push_back({options.traffic, duration{0}});
  return ramp;
}

analysis::experiment_settings
settings_of(const experiment_options& options, std::size_t challengers) {
  analysis::experiment_settings out;
  out.ramp = ramp_of(options);
  const auto metric = [&](const std::string& name, double least, double alpha) {
    return analysis::experiment_metric{
      name,
      least,
      {options.planned_units,
       planned_variance(out.ramp.back().traffic, challengers), alpha}};
  };
  auto& rule = out.rule;
  rule.primary = metric(options.metric, options.min_effect, options.alpha);
  for (const auto& guardrail : options.guardrails)
    rule.guardrails.push_back(metric(
      guardrail.metric, -guardrail.allowed_loss, options.guardrail_alpha));
  rule.alpha = options.alpha;
  rule.guardrail_alpha = options.guardrail_alpha;
  rule.harm_alpha = options.harm_alpha;
  rule.min_units = options.min_units;
  rule.max_units = options.max_units;
  rule.min_duration = options.min_duration;
  rule.max_duration = options.max_duration;
  out.min_propensity = options.min_share;
  out.harm_margins.assign(1 + rule.guardrails.size(), options.harm_margin);
  return out;
}

analysis::metric_reading reading_of(
  const workflows::loop_definition& definition, const std::string& name,
  std::optional<double> default_outcome) {
  analysis::metric_reading reading;
  reading.metric = name;
  reading.default_outcome = default_outcome;
  for (const auto& metric : definition.metrics)
    if (metric.name == name) {
      reading.channel = metric.channel;
      reading.higher_is_better = metric.higher_is_better;
    }
  const auto* channel = definition.channel(reading.channel);
  if (channel != nullptr && channel->min && channel->max) {
    reading.min = *channel->min;
    reading.max = *channel->max;
  }
  return reading;
}

std::string name_of(version_number version) {
  return "version " + std::to_string(version.value);
}

workflows::experiment_outcome outcome_of(analysis::experiment_verdict verdict) {
  switch (verdict) {
  case analysis::experiment_verdict::promote:
    return workflows::experiment_outcome::promote;
  case analysis::experiment_verdict::rolled_back:
    return workflows::experiment_outcome::rolled_back;
  case analysis::experiment_verdict::invalid:
    return workflows::experiment_outcome::invalid;
  case analysis::experiment_verdict::keep_champion:
  case analysis::experiment_verdict::keep_running:
    break;
  }
  return workflows::experiment_outcome::keep_champion;
}

} // namespace

result<storage::experiment_state> make_experiment(
  const workflows::loop_definition& definition,
  const workflows::experiment_begun& begun, sequence history_end) {
  const auto* stage = definition.stage(begun.request.stage);
  if (stage == nullptr || !stage->experiment)
    return error{
      errc::invalid_argument,
      "loop \"" + definition.name + "\": stage \"" + begun.request.stage +
        "\" is no experiment under definition " + begun.request.fingerprint};
  const auto& options = *stage->experiment;
  storage::experiment_state made;
  made.number = begun.number;
  made.arms = {begun.champion};
  std::vector<std::string> names;
  for (const auto version : begun.request.challengers) {
    made.arms.push_back(version);
    names.push_back(name_of(version));
  }
  auto live = analysis::begin_experiment(
    settings_of(options, names.size()), names, begun.number.value,
    begun.won_before, begun.at);
  if (!live)
    return live.err();
  made.live = std::move(*live);
  made.salt = definition.name + "/" + std::to_string(begun.number.value);
  made.horizon =
    options.horizon == duration{0} ? definition.join_window : options.horizon;
  made.readings.push_back(
    reading_of(definition, options.metric, options.default_outcome));
  for (const auto& guardrail : options.guardrails)
    made.readings.push_back(
      reading_of(definition, guardrail.metric, guardrail.default_outcome));
  made.moves = {{begun.at, 0, made.live.shares}};
  made.assigned = made.matured = history_end;
  return made;
}

storage::experiment_summary summary_of(
  const workflows::experiment_begun& begun,
  const storage::experiment_state& state) {
  storage::experiment_summary summary;
  summary.number = begun.number;
  summary.iteration = begun.request.iteration;
  summary.stage = begun.request.stage;
  summary.fingerprint = begun.request.fingerprint;
  summary.arms = state.arms;
  summary.metric = state.readings.front().metric;
  summary.began = begun.at;
  return summary;
}

workflows::experiment_verdict verdict_of(
  const workflows::running_experiment& running,
  const analysis::experiment_decision& decision) {
  workflows::experiment_verdict verdict;
  verdict.experiment = running.number;
  verdict.outcome = outcome_of(decision.verdict);
  verdict.champion = running.champion;
  for (const auto version : running.request.challengers)
    if (name_of(version) == decision.winner)
      verdict.winner = version;
  verdict.sentence = decision.sentence;
  return verdict;
}

} // namespace ratchet::actors::detail
