#include "workflows/loop_state.hpp"

#include "base/bytes.hpp"
#include "workflows/detail/loop_experiments.hpp"
#include "workflows/detail/webhook_hash.hpp"
#include "workflows/labels.hpp"

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

error unknown_webhook(
  const loop_definition& definition, const std::string& name,
  const std::set<std::string>& known) {
  std::string names;
  for (const auto& each : known)
    names += (names.empty() ? "\"" : ", \"") + each + "\"";
  return {
    errc::not_found,
    "loop \"" + definition.name + "\" has no webhook \"" + name + "\"; " +
      (names.empty() ? std::string{"its trigger has none"}
                     : "there is " + names)};
}

/// From where on a start or a reopening closes the feedback window.
std::optional<sequence>
window_from(const loop_definition& definition, sequence history_end) {
  if (definition.timing.mode != timing_mode::synchronous)
    return std::nullopt;
  return history_end;
}

iteration_requested request(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, sequence history_end, time_point now) {
  iteration_requested record;
  record.number = state.last_iteration.next();
  record.fingerprint = fingerprint(definition);
  record.inputs = inputs;
  record.data_from = state.data_to;
  // A monitor that is behind must not give the same history out twice.
  record.data_to = std::max(state.data_to, inputs.cursor);
  record.champion = state.champion;
  record.at = now;
  record.admits = admission_at_start(definition, state, record.data_to);
  record.window = window_from(definition, history_end);
  return record;
}

/// One function per command.
struct decider {
  const loop_definition& definition;
  const loop_state& state;
  time_point now;

  events operator()(const adopt_loop&) const {
    if (state.trigger.first_seen != time_point{} && !state.archived)
      return nothing;
    return one(loop_adopted{now});
  }

  events operator()(const consider_start& command) const {
    const auto inputs = complete_inputs(state, command.inputs);
    std::vector<loop_event> decided;
    for (auto& alarm : find_alarms(definition, state, inputs, now))
      decided.emplace_back(std::move(alarm));
    if (auto rollback = find_rollback(definition, state, inputs, now)) {
      // The rest is decided on the champion that serves again: the loop looks
      // after each event of its own.
      for (auto& event : with_ends(std::move(*rollback)))
        decided.push_back(std::move(event));
      return decided;
    }
    auto notes = take_notes(definition.trigger, state.trigger, inputs, now);
    if (!notes.rearmed.empty() || !notes.primed.empty())
      decided.emplace_back(
        trigger_noted{std::move(notes.rearmed), std::move(notes.primed), now});
    // What was noted does not hold, and what was raised is known by its
    // reading, so neither changes the verdict.
    const auto end = command.history_end;
    if (
      auto start =
        state.queued ? start_queued_one(inputs, end) : fire(inputs, end))
      decided.push_back(std::move(*start));
    return decided;
  }

  [[nodiscard]] std::optional<loop_event>
  start_queued_one(const trigger_inputs& inputs, sequence end) const {
    if (state.paused || is_full(definition, state))
      return std::nullopt;
    const auto limit =
      find_limit(definition.trigger, state.trigger, inputs, now);
    if (limit.outcome != trigger_outcome::fire)
      return std::nullopt;
    const auto& queued = *state.queued;
    auto record = request(definition, state, queued.inputs, end, now);
    record.reason = queued.reason;
    record.who = by_trigger;
    record.queued = queued.at;
    return record;
  }

  [[nodiscard]] std::optional<loop_event>
  fire(const trigger_inputs& inputs, sequence end) const {
    const auto& policy = definition.trigger;
    const bool full = is_full(definition, state);
    if (state.paused || (full && policy.busy == when_busy::coalesce))
      return std::nullopt;
    auto verdict = evaluate(policy, state.trigger, inputs, now);
    if (verdict.outcome != trigger_outcome::fire)
      return std::nullopt;
    auto fired = fired_conditions(policy, state.trigger, inputs, now);
    if (full && policy.busy == when_busy::skip)
      return start_skipped{
        fingerprint(definition), std::move(verdict.sentence), inputs, now,
        std::move(fired)};
    if (full)
      return start_queued{
        fingerprint(definition),
        std::move(verdict.sentence),
        inputs,
        std::max(state.data_to, inputs.cursor),
        std::move(fired),
        now};
    auto record = request(definition, state, inputs, end, now);
    record.reason = std::move(verdict.sentence);
    record.who = by_trigger;
    record.fired = std::move(fired);
    return record;
  }

  events operator()(const start_iteration& command) const {
    if (state.paused)
      return error{
        errc::conflict,
        "loop \"" + definition.name + "\" is paused; resume it first"};
    if (is_full(definition, state))
      return too_many(definition, state);
    if (auto wrong = check_labels(command.labels); !wrong.empty())
      return error{errc::invalid_argument, std::move(wrong)};
    auto record = request(
      definition, state, complete_inputs(state, command.inputs),
      command.history_end, now);
    record.reason = command.reason;
    record.who = command.who;
    record.request = command.request;
    record.labels = command.labels;
    return one(std::move(record));
  }

  events operator()(const close_iteration& command) const {
    if (!state.running.contains(command.number))
      return nothing;
    iteration_closed record{command.number, command.outcome, now, command.ran};
    record.window = definition.trigger.compute.window;
    record.history_end = command.history_end;
    if (state.closed_from.contains(command.number))
      record.recount = command.joined;
    return with_ends(std::move(record));
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
    return one(iteration_reopened{
      command.number, command.who, command.reason, now, command.ran,
      window_from(definition, command.history_end)});
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
    if (command.version.value == 0)
      return error{
        errc::not_found,
        "there is no version to promote: no stage before the promotion made "
        "exactly one model; if one made several, choose(...) takes one"};
    if (!is_version(state, command.version))
      return unknown_version(definition, command.version);
    if (!state.running.contains(command.iteration))
      return not_running(command.iteration);
    if (!may_follow(command))
      return error{
        errc::conflict,
        "the champion of loop \"" + definition.name + "\" is " +
          text(state.champion) + " by now, and " + text(command.version) +
          " was compared with " + text(command.expected)};
    if (state.champion == command.version)
      return nothing;
    champion_moved moved{
      move_kind::promotion,
      state.champion,
      command.version,
      command.iteration,
      text(command.iteration),
      command.reason,
      now};
    // Without a champion before, there is none to take back.
    if (state.champion.value != 0)
      moved.probation = command.probation;
    return with_ends(std::move(moved));
  }

  /// The champion is what the gates compared with, or near enough to it.
  [[nodiscard]] bool may_follow(const promote_version& command) const {
    if (state.champion == command.expected)
      return true;
    const auto& timing = definition.timing;
    if (
      timing.mode != timing_mode::asynchronous ||
      command.version <= state.champion)
      return false;
    const auto recent = recent_champions(state, timing.max_staleness);
    return std::find(recent.begin(), recent.end(), command.expected) !=
      recent.end();
  }

  events operator()(const set_champion& command) const {
    if (!is_version(state, command.version))
      return unknown_version(definition, command.version);
    if (state.champion == command.version)
      return nothing;
    return with_ends(champion_moved{
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
    return with_ends(champion_moved{
      move_kind::rollback,
      state.champion,
      state.previous,
      {},
      command.who,
      command.reason,
      now});
  }

  events operator()(const want_experiment& command) const {
    return detail::decide_experiment_of(definition, state, command, now);
  }
  events operator()(const quit_experiment& command) const {
    return detail::decide_experiment_of(state, command, now);
  }
  events operator()(const end_experiment& command) const {
    return detail::decide_experiment_of(state, command, now);
  }

  events operator()(const receive_webhook& command) const {
    const auto known = sources_of(definition.trigger, condition_kind::webhook);
    if (!known.contains(command.name))
      return unknown_webhook(definition, command.name, known);
    const auto* call = find_webhook_key(state, command.name, command.key);
    if (call == nullptr)
      return one(
        webhook_received{command.name, command.key, command.payload, now});
    if (call->payload_crc != crc32c(command.payload))
      return error{
        errc::conflict,
        "webhook \"" + command.name + "\" was called with key \"" +
          command.key +
          "\" and another payload before; a key stands for one call"};
    return nothing;
  }

  events operator()(const archive_loop& command) const {
    if (state.archived)
      return nothing;
    return one(loop_archived{command.who, command.reason, now});
  }

  events operator()(const acknowledge_alarm& command) const {
    const auto& alarms = state.alarms;
    const auto found =
      std::find_if(alarms.begin(), alarms.end(), [&](const alarm_mark& one) {
        return one.event == command.alarm;
      });
    if (found == alarms.end())
      return error{
        errc::not_found,
        "loop \"" + definition.name + "\" has no alarm " +
          std::to_string(command.alarm) + "; GET /v1/loops/" + definition.name +
          "/alarms lists them"};
    if (found->closed)
      return nothing;
    return one(alarm_acknowledged{
      command.alarm, found->condition, command.who, command.reason, now});
  }

  events operator()(const note_areas& command) const {
    const auto& look = command.look;
    if (
      look.version != state.champion ||
      find_areas(definition, look.metric) == nullptr)
      return nothing;
    const auto mark = state.areas.find(look.metric);
    const bool known = state.trigger.areas.contains(look.metric) &&
      mark != state.areas.end() && mark->second.digest == look.digest;
    if (known)
      return nothing;
    return one(areas_looked{look, area_sentence(look), now});
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

  /// With what the event means for experiments.
  [[nodiscard]] std::vector<loop_event> with_ends(loop_event event) const {
    return detail::with_experiments(state, one(std::move(event)), now);
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

trigger_inputs complete_inputs(const loop_state& state, trigger_inputs inputs) {
  inputs.webhooks = state.trigger.webhooks;
  inputs.areas = state.trigger.areas;
  inputs.rollbacks = state.trigger.rollbacks;
  return inputs;
}

time_point next_look(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, time_point now) {
  const auto complete = complete_inputs(state, inputs);
  return state.queued
    ? find_limit(definition.trigger, state.trigger, complete, now).free
    : evaluate(definition.trigger, state.trigger, complete, now).look_again;
}

const webhook_key* find_webhook_key(
  const loop_state& state, const std::string& name, const std::string& key) {
  if (key.empty())
    return nullptr;
  const auto hash = detail::webhook_hash(name, key);
  const auto found = std::find_if(
    state.webhook_keys.begin(), state.webhook_keys.end(),
    [hash](const webhook_key& one) { return one.hash == hash; });
  return found == state.webhook_keys.end() ? nullptr : &*found;
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
    request.at,
    request.admits,
    request.labels};
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
