#include "workflows/detail/iteration_commands.hpp"
#include "workflows/detail/iteration_turn.hpp"

#include <algorithm>

namespace ratchet::workflows::detail {

namespace {

bool is_unsuccessful(stage_status status) {
  return status == stage_status::failed || status == stage_status::refused ||
    status == stage_status::canceled;
}

/// Its compensation ran, whatever came of that: its success is gone.
bool was_undone(
  const loop_definition& plan, const iteration& it, const std::string& stage) {
  return std::any_of(
    plan.cleanup.begin(), plan.cleanup.end(), [&](const auto& cleanup) {
      if (cleanup.kind != cleanup_kind::compensate || cleanup.undoes != stage)
        return false;
      const auto* state = find(it, cleanup.stage.name);
      return state != nullptr &&
        (state->status == stage_status::succeeded ||
         state->status == stage_status::failed);
    });
}

/// A promotion is an effect on the world outside: no retry undoes it.
bool has_promoted(const loop_definition& plan, const iteration& it) {
  return std::any_of(
    plan.stages.begin(), plan.stages.end(), [&](const auto& stage) {
      const auto* state = find(it, stage.name);
      return stage.kind == stage_kind::promote && state != nullptr &&
        state->status == stage_status::succeeded;
    });
}

result<void> check_promotion(
  const loop_definition& plan, const iteration& it, const iteration& after) {
  // What comes after a promotion may be repeated; the promotion may not.
  if (
    it.outcome == iteration_outcome::promoted ||
    (has_promoted(plan, it) && !has_promoted(plan, after)))
    return error{
      errc::conflict,
      name_of(it) + " has promoted its version; start a new iteration instead"};
  return {};
}

} // namespace

std::vector<std::string> stages_to_reset(
  const loop_definition& plan, const iteration& it, const std::string& named) {
  std::vector<std::string> chosen;
  std::vector<std::string> covered;
  const auto choose = [&](const std::string& stage) {
    if (std::find(covered.begin(), covered.end(), stage) != covered.end())
      return;
    chosen.push_back(stage);
    for (auto& name : with_downstream(plan, stage))
      covered.push_back(std::move(name));
  };
  if (!named.empty())
    choose(named);
  for (const auto& stage : plan.stages) {
    const auto* state = find(it, stage.name);
    if (
      state != nullptr &&
      (is_unsuccessful(state->status) || was_undone(plan, it, stage.name)))
      choose(stage.name);
  }
  return chosen;
}

result<std::vector<iteration_event>> go_on(
  const loop_definition& plan, const iteration& it, const iteration& after,
  std::vector<iteration_event> recorded, time_point now) {
  if (auto allowed = check_promotion(plan, it, after); !allowed)
    return allowed.err();
  iteration_turn turn{plan, after, now};
  turn.advance();
  for (auto& event : turn.take())
    recorded.push_back(std::move(event));
  return recorded;
}

/// Rare and by hand, so it may copy the state: the events are applied to the
/// copy, and what starts next is decided on that.
result<std::vector<iteration_event>> decide_retry(
  const loop_definition& plan, const iteration& it, const retry_stage& command,
  time_point now) {
  if (it.outcome == iteration_outcome::running)
    return error{
      errc::conflict,
      name_of(it) + " still runs; cancel it or wait for its end"};
  if (plan.cleanup_stage(command.stage) != nullptr)
    return error{
      errc::conflict,
      "stage \"" + command.stage +
        "\" is for cleanup and runs with the next end; name a stage of the "
        "graph"};
  if (
    !command.stage.empty() &&
    (find(it, command.stage) == nullptr ||
     plan.stage(command.stage) == nullptr))
    return unknown_stage(it, command.stage);
  const auto chosen = stages_to_reset(plan, it, command.stage);
  if (chosen.empty())
    return error{
      errc::conflict,
      name_of(it) + " has no failed stage; name the one to repeat"};

  std::vector<iteration_event> recorded;
  auto after = it;
  for (const auto& stage : chosen) {
    recorded.emplace_back(stage_reset{stage, command.who, command.reason, now});
    apply(plan, after, recorded.back());
  }
  return go_on(plan, it, after, std::move(recorded), now);
}

} // namespace ratchet::workflows::detail
