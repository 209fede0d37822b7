#include "workflows/detail/iteration_commands.hpp"
#include "workflows/detail/iteration_turn.hpp"

namespace ratchet::workflows::detail {

namespace {

using events = result<std::vector<iteration_event>>;

} // namespace

/// A pause at once is more than one at the boundary, and may follow it.
events decide_pause(
  const iteration& it, const pause_iteration& command, time_point now) {
  if (it.outcome != iteration_outcome::running)
    return error{
      errc::conflict,
      name_of(it) + " has ended: " + std::string{to_string(it.outcome)} +
        "; there is nothing to pause"};
  if (it.paused && (it.paused->at_once || !command.at_once))
    return std::vector<iteration_event>{};
  std::vector<iteration_event> out{
    iteration_paused{command.who, command.reason, command.at_once, now}};
  const auto withdraw = [&](const std::string& unit, const auto& state) {
    if (state.status == stage_status::queued)
      out.emplace_back(attempt_withdrawn{unit, state.attempt, now});
  };
  for (const auto& [name, stage] : it.stages)
    withdraw(name, stage);
  for (const auto& [name, units] : it.fan_outs)
    for (const auto index : units.under_way)
      withdraw(unit_name(name, index), units.units[index]);
  return out;
}

/// By hand, so it may copy the state. What the pause held back is found anew:
/// each stage is looked at, and each signal. Alarms are set again by the
/// event's effect, the overdue as well.
events decide_resume(
  const loop_definition& plan, const iteration& it,
  const resume_iteration& command, time_point now) {
  if (!it.paused)
    return std::vector<iteration_event>{};
  std::vector<iteration_event> out{
    iteration_resumed{command.who, command.reason, now}};
  auto after = it;
  apply(plan, after, out.front());
  for (auto& event : take_signals(plan, after, now)) {
    apply(plan, after, event);
    out.push_back(std::move(event));
  }
  iteration_turn turn{plan, after, now};
  turn.advance();
  for (auto& event : turn.take())
    out.push_back(std::move(event));
  return out;
}

} // namespace ratchet::workflows::detail
