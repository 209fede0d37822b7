#include "workflows/loop_state.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

using events = result<std::vector<loop_event>>;

const std::vector<loop_event> nothing;

std::string text(iteration_number number) {
  return "iteration " + std::to_string(number.value);
}

std::string text(version_number number) {
  return number.value == 0 ? "none" : "version " + std::to_string(number.value);
}

bool is_full(const loop_definition& definition, const loop_state& state) {
  return state.running.size() >= definition.max_in_flight;
}

error too_many(const loop_definition& definition, const loop_state& state) {
  return {
    errc::conflict,
    "loop \"" + definition.name +
      "\": " + std::to_string(state.running.size()) +
      " iterations run and max_in_flight is " +
      std::to_string(definition.max_in_flight) +
      "; wait for an end or cancel "
      "one"};
}

bool is_version(const loop_state& state, version_number version) {
  return version.value != 0 && version <= state.last_version;
}

error unknown_version(const loop_definition& definition, version_number v) {
  return {
    errc::not_found,
    "loop \"" + definition.name + "\" has no version " +
      std::to_string(v.value)};
}

error not_running(iteration_number number) {
  return {errc::conflict, text(number) + " is not running"};
}

iteration_requested request(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, time_point now) {
  iteration_requested record;
  record.number = state.last_iteration.next();
  record.fingerprint = fingerprint(definition);
  record.inputs = inputs;
  record.data_from = state.data_to;
  // A monitor that is behind must not give the same history out twice.
  record.data_to = std::max(state.data_to, inputs.cursor);
  record.champion = state.champion;
  record.at = now;
  return record;
}

/// One function per command.
struct decider {
  const loop_definition& definition;
  const loop_state& state;
  time_point now;

  events operator()(const adopt_loop&) const {
    if (state.trigger.first_seen != time_point{})
      return nothing;
    return one(loop_adopted{now});
  }

  events operator()(const consider_start& command) const {
    const bool full = is_full(definition, state);
    if (
      state.paused || (full && definition.trigger.busy == when_busy::coalesce))
      return nothing;
    auto verdict =
      evaluate(definition.trigger, state.trigger, command.inputs, now);
    if (verdict.outcome != trigger_outcome::fire)
      return nothing;
    if (full)
      return one(start_skipped{
        fingerprint(definition), std::move(verdict.sentence), command.inputs,
        now});
    auto record = request(definition, state, command.inputs, now);
    record.reason = std::move(verdict.sentence);
    record.who = by_trigger;
    return one(std::move(record));
  }

  events operator()(const start_iteration& command) const {
    if (state.paused)
      return error{
        errc::conflict,
        "loop \"" + definition.name + "\" is paused; resume it first"};
    if (is_full(definition, state))
      return too_many(definition, state);
    auto record = request(definition, state, command.inputs, now);
    record.reason = command.reason;
    record.who = command.who;
    return one(std::move(record));
  }

  events operator()(const close_iteration& command) const {
    if (!state.running.contains(command.number))
      return nothing;
    return one(iteration_closed{command.number, command.outcome, now});
  }

  events operator()(const reopen_iteration& command) const {
    if (command.number.value == 0 || command.number > state.last_iteration)
      return error{
        errc::not_found,
        "loop \"" + definition.name + "\" has no " + text(command.number)};
    if (state.running.contains(command.number))
      return nothing;
    if (is_full(definition, state))
      return too_many(definition, state);
    return one(
      iteration_reopened{command.number, command.who, command.reason, now});
  }

  events operator()(const pause_loop& command) const {
    if (state.paused)
      return nothing;
    return one(loop_paused{command.who, command.reason, now});
  }

  events operator()(const resume_loop& command) const {
    if (!state.paused)
      return nothing;
    return one(loop_resumed{command.who, command.reason, now});
  }

  events operator()(const register_version& command) const {
    if (state.registered.contains(command.source))
      return nothing;
    if (
      command.iteration.value != 0 &&
      !state.running.contains(command.iteration))
      return not_running(command.iteration);
    return one(version_registered{
      state.last_version.next(), command.source, command.iteration,
      command.artifact, now});
  }

  events operator()(const promote_version& command) const {
    if (was_promoted(command))
      return nothing;
    if (!is_version(state, command.version))
      return unknown_version(definition, command.version);
    if (!state.running.contains(command.iteration))
      return not_running(command.iteration);
    if (state.champion != command.expected)
      return error{
        errc::conflict,
        "the champion of loop \"" + definition.name + "\" is " +
          text(state.champion) + " by now, and " + text(command.version) +
          " was compared with " + text(command.expected)};
    if (state.champion == command.version)
      return nothing;
    return one(champion_moved{
      move_kind::promotion, state.champion, command.version, command.iteration,
      text(command.iteration), command.reason, now});
  }

  events operator()(const set_champion& command) const {
    if (!is_version(state, command.version))
      return unknown_version(definition, command.version);
    if (state.champion == command.version)
      return nothing;
    return one(champion_moved{
      move_kind::manual,
      state.champion,
      command.version,
      {},
      command.who,
      command.reason,
      now});
  }

  events operator()(const roll_back& command) const {
    if (state.previous.value == 0)
      return error{
        errc::conflict,
        "loop \"" + definition.name +
          "\" has no champion to go back to; promote a version by hand"};
    return one(champion_moved{
      move_kind::rollback,
      state.champion,
      state.previous,
      {},
      command.who,
      command.reason,
      now});
  }

  /// Asked before all else: a promote stage that repeats itself after a crash
  /// must find its own success, even if the champion has moved on since.
  [[nodiscard]] bool was_promoted(const promote_version& command) const {
    if (
      state.promoted_by == command.iteration &&
      state.champion == command.version && command.iteration.value != 0)
      return true;
    return std::any_of(
      state.registered.begin(), state.registered.end(), [&](const auto& entry) {
        const auto& made = entry.second;
        return made.promoted && made.iteration == command.iteration &&
          made.version == command.version;
      });
  }

  [[nodiscard]] static std::vector<loop_event> one(loop_event event) {
    std::vector<loop_event> list;
    list.push_back(std::move(event));
    return list;
  }
};

} // namespace

events decide(
  const loop_definition& definition, const loop_state& state,
  const loop_command& command, time_point now) {
  return std::visit(decider{definition, state, now}, command);
}

iteration_started
first_event(const std::string& loop, const iteration_requested& request) {
  return {
    loop,
    request.number,
    request.fingerprint,
    request.reason,
    request.champion,
    request.data_from,
    request.data_to,
    request.at};
}

std::string_view to_string(move_kind kind) {
  switch (kind) {
  case move_kind::promotion:
    return "promotion";
  case move_kind::manual:
    return "manual";
  case move_kind::rollback:
    return "rollback";
  }
  return "unknown";
}

} // namespace ratchet::workflows
