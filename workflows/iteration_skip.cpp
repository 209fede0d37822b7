#include "workflows/detail/iteration_commands.hpp"
#include "workflows/detail/iteration_turn.hpp"

namespace ratchet::workflows::detail {

namespace {

using events = result<std::vector<iteration_event>>;

error refusal(const skip_stage& command, const std::string& why) {
  return {errc::conflict, "stage \"" + command.stage + "\" " + why};
}

/// Of a stage whose turn has not come, or what it waits for has not.
events skip_in_turn(
  const loop_definition& plan, const iteration& it, const skip_stage& command,
  const stage_state& state, time_point now) {
  if (state.status == stage_status::running)
    return refusal(
      command, "runs; cancel " + name_of(it) + " or wait for the stage's end");
  if (state.status == stage_status::fanned_out)
    return refusal(
      command,
      "runs for its items; skip one of those, such as " +
        unit_name(command.stage, 0) + ", or cancel " + name_of(it));
  const auto unit = parse_unit(command.stage);
  const std::string stage{unit.stage};
  if (unit.index && find(it, stage)->status != stage_status::fanned_out)
    return refusal(command, "has ended with its stage");
  if (
    state.status != stage_status::pending &&
    state.status != stage_status::backing_off &&
    state.status != stage_status::queued &&
    state.status != stage_status::listing &&
    state.status != stage_status::waiting)
    return refusal(
      command,
      std::string{"has ended: "} + std::string{to_string(state.status)} +
        "; it can be skipped once " + name_of(it) + " has ended, if it failed");
  if (it.ending != iteration_outcome::running && !state.cleanup)
    return refusal(
      command,
      "will not run: " + name_of(it) + " ends as soon as its cleanup is done");
  iteration_turn turn{plan, it, now};
  turn.record(
    stage_skipped{command.stage, command.who, command.reason, now},
    command.stage, stage_status::skipped);
  turn.advance();
  return turn.take();
}

/// Of the stage that stopped an iteration: that goes on, as after a retry,
/// with the stage skipped.
events skip_and_go_on(
  const loop_definition& plan, const iteration& it, const skip_stage& command,
  const stage_state& state, time_point now) {
  const bool stopped = it.outcome == iteration_outcome::failed ||
    it.outcome == iteration_outcome::rejected;
  if (!stopped)
    return error{
      errc::conflict,
      name_of(it) + " has ended: " + std::string{to_string(it.outcome)} +
        "; only in one that failed or was rejected can a stage be skipped"};
  if (
    state.cleanup ||
    (state.status != stage_status::failed &&
     state.status != stage_status::refused))
    return refusal(
      command,
      "is not what stopped " + name_of(it) +
        "; name a stage that failed or refused");
  std::vector<iteration_event> recorded;
  auto after = it;
  const auto record = [&](iteration_event event) {
    apply(plan, after, event);
    recorded.push_back(std::move(event));
  };
  for (const auto& stage : stages_to_reset(plan, it, command.stage))
    record(stage_reset{stage, command.who, command.reason, now});
  if (find(after, command.stage) == nullptr)
    return refusal(
      command,
      "was undone with its stage, whose items are to be made anew; "
      "retry the stage");
  record(stage_skipped{command.stage, command.who, command.reason, now});
  return go_on(plan, it, after, std::move(recorded), now);
}

} // namespace

events decide_skip(
  const loop_definition& plan, const iteration& it, const skip_stage& command,
  time_point now) {
  const auto* state = find(it, command.stage);
  if (state == nullptr || definition_of(plan, command.stage) == nullptr)
    return unknown_stage(it, command.stage);
  if (state->status == stage_status::skipped)
    return std::vector<iteration_event>{};
  return it.outcome == iteration_outcome::running
    ? skip_in_turn(plan, it, command, *state, now)
    : skip_and_go_on(plan, it, command, *state, now);
}

} // namespace ratchet::workflows::detail
