#include "workflows/detail/iteration_commands.hpp"
#include "workflows/detail/iteration_turn.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ratchet::workflows {

std::string check_step_name(std::string_view name) {
  if (name.empty() || name.size() > longest_step_name)
    return "a step's name has 1 to " + std::to_string(longest_step_name) +
      " bytes";
  if (name == "." || name == "..")
    return "a step cannot be called \".\" or \"..\"";
  const bool fits = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != '/';
  });
  return fits ? "" : "a step's name holds no '/' and no control characters";
}

} // namespace ratchet::workflows

namespace ratchet::workflows::detail {

namespace {

using events = result<std::vector<iteration_event>>;
using nothing = std::vector<iteration_event>;

/// The stage of an attempt that runs.
/// Errors: `conflict` if it does not run, or not any more.
result<const stage_state*> find_running(
  const iteration& it, const std::string& stage, std::uint32_t attempt) {
  const auto relevant = check_attempt(it, stage, attempt);
  if (!relevant)
    return relevant.err();
  const auto* state = find(it, stage);
  if (state->status == stage_status::running)
    return state;
  return error{
    errc::conflict,
    attempt_text(stage, attempt) + " does not run: its stage is " +
      std::string{to_string(state->status)}};
}

std::string step_text(const std::string& stage, const std::string& name) {
  return "step \"" + name + "\" of stage \"" + stage + "\"";
}

/// Room for one more.
result<void> check_bounds(
  const stage_state& state, const std::string& stage, const std::string& name) {
  if (const auto why = check_step_name(name); !why.empty())
    return error{errc::invalid_argument, step_text(stage, name) + ": " + why};
  if (state.steps.size() >= most_steps)
    return error{
      errc::resource_limit,
      "stage \"" + stage + "\" has recorded " + std::to_string(most_steps) +
        " steps, as many as a stage may have; make them coarser"};
  return {};
}

} // namespace

events decide_record_step(
  const loop_definition& plan, const iteration& it, const record_step& command,
  time_point now) {
  const auto state = find_running(it, command.stage, command.attempt);
  if (!state)
    return state.err();
  const auto known = (*state)->steps.find(command.name);
  if (known != (*state)->steps.end()) {
    const auto& memo = known->second;
    if (memo.kind == step_kind::value && memo.digest == fnv1a64(command.value))
      return nothing{};
    return error{
      errc::conflict,
      step_text(command.stage, command.name) +
        (memo.kind == step_kind::value ? " has another value already"
                                       : " is a wait already")};
  }
  if (auto fits = check_bounds(**state, command.stage, command.name); !fits)
    return fits.err();
  if (command.value.size() > most_step_bytes)
    return error{
      errc::resource_limit,
      step_text(command.stage, command.name) + " has a value of " +
        std::to_string(command.value.size()) + " bytes, more than " +
        std::to_string(most_step_bytes) +
        "; write it to a file and record where that is"};
  iteration_turn turn{plan, it, now};
  turn.record(
    step_recorded{
      command.stage, command.attempt, command.name, command.value, now},
    command.stage, stage_status::running);
  return turn.take();
}

/// In an iteration that stops it does not wait for what will not matter.
events decide_suspend(
  const loop_definition& plan, const iteration& it,
  const suspend_attempt& command, time_point now) {
  const auto state = find_running(it, command.stage, command.attempt);
  if (!state)
    return state.err();
  iteration_turn turn{plan, it, now};
  if (it.cancel_requested && !(*state)->cleanup) {
    turn.record(
      stage_canceled{command.stage, now}, command.stage,
      stage_status::canceled);
    turn.advance();
    return turn.take();
  }
  const auto known = (*state)->steps.find(command.name);
  if (known != (*state)->steps.end())
    return error{
      errc::conflict,
      step_text(command.stage, command.name) +
        " was recorded before; it has nothing to wait for"};
  if (auto fits = check_bounds(**state, command.stage, command.name); !fits)
    return fits.err();
  turn.record(
    attempt_suspended{
      command.stage, command.attempt, command.name, command.kind,
      command.signal, command.until, now},
    command.stage, stage_status::waiting);
  turn.advance();
  return turn.take();
}

void record_resumption(
  iteration_turn& turn, const iteration& it, const std::string& unit,
  duration timeout, std::uint32_t signal, time_point now) {
  turn.record(
    attempt_resumed{unit, find(it, unit)->attempt, signal, now, now + timeout},
    unit, stage_status::running);
}

} // namespace ratchet::workflows::detail
