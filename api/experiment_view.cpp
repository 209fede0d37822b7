#include "api/views.hpp"

#include <cstddef>

namespace ratchet::api {
namespace {

void write_interval(
  json_writer& to, std::string_view name, const analysis::interval& range) {
  to.key(name)
    .begin_object()
    .field("low", range.low)
    .field("high", range.high)
    .end_object();
}

void write_metric(
  json_writer& to, const analysis::metric_finding& found,
  const analysis::experiment_decision& decision, bool primary) {
  to.begin_object()
    .field("metric", found.metric)
    .field("role", primary ? "primary" : "guardrail")
    .field("champion_units", found.champion_units)
    .field("challenger_units", found.challenger_units)
    .key("effect");
  if (found.effect)
    to.value(*found.effect);
  else
    to.null();
  write_interval(to, "interval", found.covered);
  to.field("evidence", found.above_min_effect)
    .field(
      "evidence_bound",
      primary ? decision.promote_bound : decision.guardrail_bound)
    .field("harm", found.harm)
    .field("harm_bound", decision.harm_bound)
    .end_object();
}

void write_challenger(
  json_writer& to, const analysis::challenger_finding& found,
  const analysis::experiment_decision& decision, version_number version) {
  to.begin_object()
    .field("version", version.value)
    .field("harmful", found.harmful)
    .field("passes", found.passes)
    .field_unless_empty("reason_metric", found.reason_metric)
    .field("answers_differ", found.answers_differ);
  write_interval(to, "answers", found.answers);
  to.key("metrics").begin_array();
  for (std::size_t i = 0; i < found.metrics.size(); ++i)
    write_metric(to, found.metrics[i], decision, i == 0);
  to.end_array().end_object();
}

std::vector<std::uint64_t>
units_of(const std::vector<analysis::ratio_epoch>& epochs, std::size_t arms) {
  std::vector<std::uint64_t> sums(arms, 0);
  for (const auto& epoch : epochs)
    for (std::size_t arm = 0; arm < epoch.counts.size(); ++arm)
      sums.at(arm) += epoch.counts[arm];
  return sums;
}

} // namespace

void write_experiment_head(
  json_writer& to, const storage::experiment_summary& summary) {
  to.field("experiment", summary.number.value)
    .field("iteration", summary.iteration.value)
    .field("stage", summary.stage)
    .field("metric", summary.metric)
    .field("champion", summary.arms.front().value)
    .key("challengers")
    .begin_array();
  for (std::size_t arm = 1; arm < summary.arms.size(); ++arm)
    to.value(summary.arms[arm].value);
  to.end_array();
  time_field(to, "began", summary.began);
  time_field(to, "ended", summary.ended);
  const bool runs = to_ms(summary.ended) == 0;
  to.field("outcome", runs ? "running" : to_string(summary.verdict.outcome));
  number_field(to, "winner", summary.verdict.winner.value);
  to.field("sentence", summary.verdict.sentence);
}

void write_arms(json_writer& to, const storage::experiment_state& state) {
  const auto arms = state.arms.size();
  const auto assigned = units_of(state.live.assigned, arms);
  const auto matured = units_of(state.live.matured, arms);
  to.key("arms").begin_array();
  for (std::size_t arm = 0; arm < arms; ++arm)
    to.begin_object()
      .field("arm", analysis::arm_name(arm))
      .field("version", state.arms[arm].value)
      .field("share", state.live.shares[arm])
      .field("assigned", assigned[arm])
      .field("matured", matured[arm])
      .end_object();
  to.end_array()
    .field("horizon_ms", state.horizon.count())
    .field("unknown_propensities", state.unknown)
    .key("shares")
    .begin_array();
  for (const auto& move : state.moves) {
    to.begin_object();
    time_field(to, "from", move.at);
    to.field("units", move.units).key("shares").begin_array();
    for (const auto share : move.shares)
      to.value(share);
    to.end_array().end_object();
  }
  to.end_array();
}

void write_experiment_decision(
  json_writer& to, const storage::experiment_state& state,
  const analysis::experiment_decision& decision) {
  to.begin_object()
    .field("verdict", analysis::to_string(decision.verdict))
    .field("sentence", decision.sentence)
    .field_unless_empty("warning", decision.warning)
    .field("units", decision.units)
    .field("excluded", decision.excluded)
    .field("elapsed_ms", decision.elapsed.count())
    .field("trial", state.live.trial)
    .field("level", decision.level)
    .key("sample_ratio")
    .begin_object()
    .field("assigned", decision.assigned_ln_e)
    .field("matured", decision.matured_ln_e)
    .field("excluded", decision.excluded_ln_e)
    .field("bound", decision.ratio_bound)
    .field("impossible", decision.impossible_ratio)
    .end_object()
    .key("challengers")
    .begin_array();
  for (std::size_t k = 0; k < decision.challengers.size(); ++k)
    write_challenger(
      to, decision.challengers[k], decision, state.arms.at(k + 1));
  to.end_array().end_object();
}

} // namespace ratchet::api
