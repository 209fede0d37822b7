#pragma once

#include "storage/experiment_store.hpp"
#include "workflow_samples.hpp"

#include <catch2/catch.hpp>

#include <utility>

/// One of each record of an experiment, with no field left to its default. The
/// golden bytes are made from these.

namespace ratchet::test {

inline storage::experiment_summary sample_experiment_summary() {
  storage::experiment_summary summary;
  summary.number = experiment_number{5};
  summary.iteration = iteration_number{9};
  summary.stage = "experiment";
  summary.fingerprint = "0123abcd";
  summary.arms = {version_number{3}, version_number{4}};
  summary.metric = "accuracy";
  summary.began = at(14);
  summary.ended = at(15);
  summary.verdict = sample_verdict();
  return summary;
}

/// Every number by hand: a new default must not look like a new format.
inline analysis::experiment_settings sample_settings() {
  using namespace std::chrono_literals;
  analysis::experiment_settings settings;
  settings.rule.primary = {"accuracy", 0.01, {4000, 0.7, 0.04}};
  settings.rule.guardrails = {{"fast enough", -0.02, {4000, 0.7, 0.03}}};
  settings.rule.alpha = 0.04;
  settings.rule.guardrail_alpha = 0.03;
  settings.rule.harm_alpha = 0.002;
  settings.rule.ratio_alpha = 0.0005;
  settings.rule.response_alpha = 0.0004;
  settings.rule.pace = analysis::spending::slow;
  settings.rule.min_units = 3;
  settings.rule.max_units = 40;
  settings.rule.min_duration = 1s;
  settings.rule.max_duration = 48h;
  settings.min_propensity = 0.06;
  settings.harm_margins = {0.01, 0.02};
  settings.ramp = {{0.25, 1h}, {0.5, 1s}};
  settings.allocation = {
    analysis::allocation_method::thompson, 0.1, 100, 1.5, 0.01};
  settings.allocation_units = 250;
  return settings;
}

inline storage::experiment_state sample_experiment_state() {
  using namespace std::chrono_literals;
  storage::experiment_state state;
  state.number = experiment_number{5};
  state.arms = {version_number{3}, version_number{4}};
  state.salt = "digits/5";
  state.horizon = 2h;
  state.readings = {
    {"accuracy", "verdict", true, 0, 1, 0.5},
    {"fast enough", "latency", false, 0, 10, {}}};
  state.assigned = sequence{40};
  state.matured = sequence{30};
  state.unknown = 2;
  auto live = analysis::begin_experiment(
    sample_settings(), std::vector<std::string>{"version 4"}, 5, 2, at(14));
  REQUIRE(live.ok());
  state.live = std::move(*live);
  state.moves = {{at(14), 0, {0.75, 0.25}}, {at(3614), 7, {0.5, 0.5}}};
  const auto shares = state.live.shares;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto arm = i % 4 == 3 ? 1U : 0U;
    REQUIRE(count_assigned(state.live, arm, shares).ok());
    REQUIRE(
      count_matured(state.live, {arm, shares, {i % 2 == 0 ? 1.0 : 0.25, 0.75}})
        .ok());
  }
  REQUIRE(count_matured(state.live, {}).ok()); // Not logged.
  state.live.shared_at = 7;
  return state;
}

inline storage::experiment_record sample_experiment_record() {
  auto state = sample_experiment_state();
  storage::experiment_record record;
  record.number = state.number;
  record.at = at(15);
  record.inputs = analysis::inputs_of(state.live, record.at);
  auto decision = analysis::evaluate_experiment(record.inputs);
  REQUIRE(decision.ok());
  record.decision = std::move(*decision);
  return record;
}

} // namespace ratchet::test
