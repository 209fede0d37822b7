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

/// What `record` says of the stage, and what follows; nothing if its wait is
/// over.
template <class Command, class Record>
events end_wait(
  const loop_definition& plan, const iteration& it, const Command& command,
  time_point now, Record record) {
  const auto state = waiting_for(it, command.stage, command.attempt);
  if (!state)
    return state.err();
  if (*state == nullptr)
    return std::vector<iteration_event>{};
  iteration_turn turn{plan, it, now};
  record(turn);
  turn.advance();
  return turn.take();
}

} // namespace

events decide_verdict(
  const loop_definition& plan, const iteration& it,
  const decide_experiment& command, time_point now) {
  return end_wait(plan, it, command, now, [&](iteration_turn& turn) {
    turn.record(
      experiment_decided{command.stage, command.attempt, command.verdict, now},
      command.stage,
      lets_pass(command.verdict) ? stage_status::succeeded
                                 : stage_status::refused,
      experiment_output(command.verdict));
  });
}

events decide_no_verdict(
  const loop_definition& plan, const iteration& it,
  const fail_experiment& command, time_point now) {
  return end_wait(plan, it, command, now, [&](iteration_turn& turn) {
    turn.record(
      attempt_failed{command.stage, command.attempt, now, command.failure, {}},
      command.stage, stage_status::failed);
  });
}

} // namespace ratchet::workflows::detail
