#include "actors/detail/experiment_setup.hpp"

#include "actors/experiment_settings.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::actors::detail {

namespace {

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
    experiment_settings_of(options, names.size()), names, begun.number.value,
    begun.won_before, begun.at);
  if (!live)
    return live.err();
  made.live = std::move(*live);
  made.salt = definition.name + "/" + std::to_string(begun.number.value);
  made.horizon = experiment_horizon(definition, options);
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
