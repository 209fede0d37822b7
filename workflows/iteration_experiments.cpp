#include "workflows/detail/iteration_commands.hpp"
#include "workflows/detail/iteration_turn.hpp"

#include <string>
#include <utility>

namespace ratchet::workflows {

std::string_view to_string(experiment_outcome outcome) {
  switch (outcome) {
  case experiment_outcome::promote:
    return "promote";
  case experiment_outcome::keep_champion:
    return "keep_champion";
  case experiment_outcome::rolled_back:
    return "rolled_back";
  case experiment_outcome::invalid:
    return "invalid";
  case experiment_outcome::canceled:
    return "canceled";
  case experiment_outcome::nothing_to_compare:
    return "nothing_to_compare";
  }
  return "unknown";
}

bool lets_pass(const experiment_verdict& verdict) {
  return verdict.outcome == experiment_outcome::nothing_to_compare ||
    verdict.winner.value != 0;
}

stage_result experiment_output(const experiment_verdict& verdict) {
  const auto text = [](std::uint64_t number) { return std::to_string(number); };
  stage_result out;
  out.values = {
    {"verdict", std::string{to_string(verdict.outcome)}},
    {"champion", text(verdict.champion.value)}};
  if (verdict.experiment.value != 0)
    out.values["experiment"] = text(verdict.experiment.value);
  if (verdict.winner.value != 0)
    out.values["winner"] = text(verdict.winner.value);
  out.version = verdict.winner;
  out.sentence = verdict.sentence;
  return out;
}

version_number champion_after(const stage_result& output) {
  const auto& values = output.values;
  const bool canceled = values.at("verdict") == "canceled";
  return {std::stoull(values.at(canceled ? "winner" : "champion"))};
}

} // namespace ratchet::workflows

namespace ratchet::workflows::detail {

namespace {

using events = result<std::vector<iteration_event>>;

/// The stage, if it waits for experiment `attempt`; null if that is over.
result<const stage_state*> waiting_for(
  const iteration& it, const std::string& stage, std::uint32_t attempt) {
  const auto* state = find(it, stage);
  if (state == nullptr)
    return unknown_stage(it, stage);
  const bool waits = state->in_experiment && state->attempt == attempt &&
    state->status == stage_status::waiting;
  return waits ? state : nullptr;
}

} // namespace

events decide_verdict(
  const loop_definition& plan, const iteration& it,
  const decide_experiment& command, time_point now) {
  const auto state = waiting_for(it, command.stage, command.attempt);
  if (!state)
    return state.err();
  if (*state == nullptr)
    return std::vector<iteration_event>{};
  iteration_turn turn{plan, it, now};
  turn.record(
    experiment_decided{command.stage, command.attempt, command.verdict, now},
    command.stage,
    lets_pass(command.verdict) ? stage_status::succeeded
                               : stage_status::refused,
    experiment_output(command.verdict));
  turn.advance();
  return turn.take();
}

events decide_no_verdict(
  const loop_definition& plan, const iteration& it,
  const fail_experiment& command, time_point now) {
  const auto state = waiting_for(it, command.stage, command.attempt);
  if (!state)
    return state.err();
  if (*state == nullptr)
    return std::vector<iteration_event>{};
  iteration_turn turn{plan, it, now};
  turn.record(
    attempt_failed{command.stage, command.attempt, now, command.failure, {}},
    command.stage, stage_status::failed);
  turn.advance();
  return turn.take();
}

} // namespace ratchet::workflows::detail
