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

/// The units that keep a stage from its success. If it was canceled before they
/// began, the first that is left stands for all.
std::vector<std::string>
units_to_reset(const iteration& it, const std::string& stage) {
  std::vector<std::string> out;
  const auto found = it.fan_outs.find(stage);
  if (found == it.fan_outs.end())
    return out;
  const auto& units = found->second;
  for (std::uint32_t i = 0; i < units.units.size(); ++i)
    if (is_unsuccessful(units.units[i].status))
      out.push_back(unit_name(stage, i));
  if (out.empty() && units.next < units.units.size())
    out.push_back(unit_name(stage, units.next));
  return out;
}

} // namespace

std::vector<std::string> stages_to_reset(
  const loop_definition& plan, const iteration& it, const std::string& named) {
  std::vector<std::string> chosen;
  std::vector<std::string> covered;
  const auto is_covered = [&](const std::string& stage) {
    return std::find(covered.begin(), covered.end(), stage) != covered.end();
  };
  const auto cover = [&](const std::string& stage) {
    for (auto& name : with_downstream(plan, stage))
      covered.push_back(std::move(name));
  };
  const auto named_unit = parse_unit(named);
  if (!named.empty()) {
    chosen.push_back(named);
    cover(std::string{named_unit.stage});
  }
  for (const auto& stage : plan.stages) {
    const auto* state = find(it, stage.name);
    const bool of_named = named_unit.index && stage.name == named_unit.stage;
    if (state == nullptr || (is_covered(stage.name) && !of_named))
      continue;
    const bool undone = was_undone(plan, it, stage.name);
    if (!undone && !is_unsuccessful(state->status))
      continue;
    auto units =
      undone ? std::vector<std::string>{} : units_to_reset(it, stage.name);
    if (undone || (units.empty() && !of_named))
      units.push_back(stage.name);
    for (auto& unit : units)
      if (unit != named)
        chosen.push_back(std::move(unit));
    cover(stage.name);
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
     definition_of(plan, command.stage) == nullptr))
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
