#include "workflows/iteration.hpp"

#include "workflows/detail/iteration_commands.hpp"
#include "workflows/detail/iteration_turn.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

using detail::attempt_text;
using detail::check_attempt;
using detail::find;
using detail::iteration_turn;
using detail::relevance;
using detail::unknown_stage;
using events = result<std::vector<iteration_event>>;

bool is_fanned_out(stage_status status) {
  return status == stage_status::listing || status == stage_status::fanned_out;
}

/// The error for a result that contradicts what is recorded of its attempt.
error already_ended(
  const iteration& it, const std::string& stage, std::uint32_t attempt) {
  const auto status = find(it, stage)->status;
  const std::string what = status == stage_status::pending
    ? "was set back by a retry"
    : status == stage_status::backing_off
    ? "has already failed"
    : "has already ended: " + std::string{to_string(status)};
  return {errc::conflict, attempt_text(stage, attempt) + " " + what};
}

events
decide_begin(const loop_definition& plan, const iteration& it, time_point now) {
  iteration_turn turn{plan, it, now};
  turn.advance();
  return turn.take();
}

events decide_finish(
  const loop_definition& plan, const iteration& it,
  const finish_attempt& command, time_point now) {
  const auto& stage = command.stage;
  const auto relevant = check_attempt(it, stage, command.attempt);
  if (!relevant)
    return relevant.err();
  const auto taken =
    command.refused ? stage_status::refused : stage_status::succeeded;
  if (*relevant == relevance::past) {
    if (find(it, stage)->status == taken)
      return std::vector<iteration_event>{};
    return already_ended(it, stage, command.attempt);
  }
  if (find(it, stage)->status == stage_status::queued)
    return error{
      errc::conflict,
      attempt_text(stage, command.attempt) + " still waits for a slot"};
  iteration_turn turn{plan, it, now};
  if (command.refused)
    turn.record(
      gate_refused{stage, command.attempt, now, command.output}, stage, taken);
  else
    turn.record(
      stage_succeeded{stage, command.attempt, now, command.output}, stage,
      taken);
  turn.advance();
  return turn.take();
}

/// When the stage is tried again; epoch: never.
time_point next_try(
  const loop_definition& plan, const iteration& it, const stage_state& state,
  const fail_attempt& command, time_point now) {
  const auto* stage = detail::definition_of(plan, command.stage);
  // A stopping iteration starts nothing, so a retry would never come. Cleanup
  // follows on the stop.
  if (stage == nullptr || (!state.cleanup && detail::is_stopping(it)))
    return {};
  if (stage->for_each) {
    const auto& units = it.fan_outs.at(stage->name);
    if (is_doomed(*stage->for_each, units.items.size(), units.counts))
      return {};
  }
  if (command.failure.lost) {
    const auto lost = state.lost + 1;
    return lost < max_lost_attempts ? now + lost_delay(lost) : time_point{};
  }
  const auto failures = state.failures + 1;
  if (!may_retry(stage->retry, command.failure, failures))
    return {};
  const auto delay = retry_delay(
    stage->retry, failures,
    unit_attempt_id(
      it.start.loop, it.start.number, command.stage, command.attempt));
  return now + std::max(delay, command.failure.retry_after);
}

events decide_fail(
  const loop_definition& plan, const iteration& it, const fail_attempt& command,
  time_point now) {
  const auto relevant = check_attempt(it, command.stage, command.attempt);
  if (!relevant)
    return relevant.err();
  const auto& state = *find(it, command.stage);
  if (*relevant == relevance::past) {
    if (
      state.status == stage_status::succeeded ||
      state.status == stage_status::refused)
      return already_ended(it, command.stage, command.attempt);
    return std::vector<iteration_event>{};
  }
  iteration_turn turn{plan, it, now};
  // After a stop, one that the engine lost is gone as if it had been stopped.
  const bool gone =
    command.failure.lost || command.failure.code == errc::canceled;
  if (it.cancel_requested && !state.cleanup && gone) {
    turn.record(
      stage_canceled{command.stage, now}, command.stage,
      stage_status::canceled);
  } else if (state.withdrawing && gone) {
    turn.withdraw(command.stage);
  } else {
    const auto retry_at = next_try(plan, it, state, command, now);
    turn.record(
      attempt_failed{
        command.stage, command.attempt, now, command.failure, retry_at},
      command.stage,
      retry_at == time_point{} ? stage_status::failed
                               : stage_status::backing_off);
  }
  turn.advance();
  return turn.take();
}

events decide_start_retry(
  const loop_definition& plan, const iteration& it, const start_retry& command,
  time_point now) {
  const auto* state = find(it, command.stage);
  const auto* stage = detail::definition_of(plan, command.stage);
  if (state == nullptr || stage == nullptr)
    return unknown_stage(it, command.stage);
  // A wake-up that outlived what it was set for.
  if (state->status != stage_status::backing_off)
    return std::vector<iteration_event>{};
  // The resume arms it again.
  if (it.paused)
    return std::vector<iteration_event>{};
  if (now < state->due)
    return error{
      errc::conflict,
      "stage \"" + command.stage + "\" is due for its next try in " +
        format_duration(state->due - now)};
  iteration_turn turn{plan, it, now};
  turn.start(command.stage, *stage);
  return turn.take();
}

events decide_cancel(
  const loop_definition& plan, const iteration& it,
  const cancel_iteration& command, time_point now) {
  if (
    it.outcome != iteration_outcome::running || it.cancel_requested ||
    it.ending != iteration_outcome::running)
    return std::vector<iteration_event>{};
  iteration_turn turn{plan, it, now};
  turn.cancel(command.who, command.reason);
  return turn.take();
}

events decide_confirm(
  const loop_definition& plan, const iteration& it,
  const confirm_canceled& command, time_point now) {
  const auto relevant = check_attempt(it, command.stage, command.attempt);
  if (!relevant)
    return relevant.err();
  if (*relevant == relevance::past)
    return std::vector<iteration_event>{};
  const auto& state = *find(it, command.stage);
  const bool canceled = it.cancel_requested && !state.cleanup;
  if (!canceled && !state.withdrawing)
    return error{
      errc::conflict,
      attempt_text(command.stage, command.attempt) +
        " runs and nobody asked to stop it"};
  iteration_turn turn{plan, it, now};
  if (canceled)
    turn.record(
      stage_canceled{command.stage, now}, command.stage,
      stage_status::canceled);
  else
    turn.withdraw(command.stage);
  turn.advance();
  return turn.take();
}

/// What may run does not queue, and what has its slot does not wait.
events decide_queue(
  const loop_definition& plan, const iteration& it,
  const queue_attempt& command, time_point now) {
  const auto relevant = check_attempt(it, command.stage, command.attempt);
  if (!relevant)
    return relevant.err();
  const auto& state = *find(it, command.stage);
  const auto* stage = detail::definition_of(plan, command.stage);
  const bool stopping = it.cancel_requested && !state.cleanup;
  if (state.status != stage_status::running || stage == nullptr || stopping)
    return std::vector<iteration_event>{};
  const auto start_by = stage->start_within == duration{0}
    ? time_point{}
    : state.started + stage->start_within;
  iteration_turn turn{plan, it, now};
  if (it.paused) // It has not really begun, and shall not.
    turn.withdraw(command.stage);
  else
    turn.record(
      attempt_queued{command.stage, command.attempt, now, start_by},
      command.stage, stage_status::queued);
  turn.advance();
  return turn.take();
}

events decide_dispatch(
  const loop_definition& plan, const iteration& it,
  const dispatch_attempt& command, time_point now) {
  const auto relevant = check_attempt(it, command.stage, command.attempt);
  if (!relevant)
    return relevant.err();
  const auto* stage = detail::definition_of(plan, command.stage);
  if (
    find(it, command.stage)->status != stage_status::queued || stage == nullptr)
    return std::vector<iteration_event>{};
  iteration_turn turn{plan, it, now};
  turn.record(
    attempt_dispatched{
      command.stage, command.attempt, now, now + stage->timeout},
    command.stage, stage_status::running);
  return turn.take();
}

/// True if the stage waits for the answer to this look-up of its items.
bool awaits_items(
  const iteration& it, const stage_definition* stage, std::uint32_t attempt) {
  if (stage == nullptr || !stage->for_each)
    return false;
  const auto* state = it.find(stage->name);
  return state != nullptr && state->status == stage_status::listing &&
    state->attempt == attempt;
}

events decide_fix_items(
  const loop_definition& plan, const iteration& it, const fix_items& command,
  time_point now) {
  const auto* stage = plan.stage(command.stage);
  if (!awaits_items(it, stage, command.attempt))
    return std::vector<iteration_event>{};
  iteration_turn turn{plan, it, now};
  turn.fix_items(*stage, command.attempt, command.items);
  turn.advance();
  return turn.take();
}

events decide_fail_items(
  const loop_definition& plan, const iteration& it, const fail_items& command,
  time_point now) {
  const auto* stage = plan.stage(command.stage);
  if (!awaits_items(it, stage, command.attempt))
    return std::vector<iteration_event>{};
  iteration_turn turn{plan, it, now};
  turn.fail_items(*stage, command.attempt, command.failure);
  turn.advance();
  return turn.take();
}

struct visitor {
  const loop_definition& plan;
  const iteration& it;
  time_point now;

  events operator()(const begin_iteration&) const {
    return decide_begin(plan, it, now);
  }
  events operator()(const finish_attempt& c) const {
    return decide_finish(plan, it, c, now);
  }
  events operator()(const fail_attempt& c) const {
    return decide_fail(plan, it, c, now);
  }
  events operator()(const start_retry& c) const {
    return decide_start_retry(plan, it, c, now);
  }
  events operator()(const cancel_iteration& c) const {
    return decide_cancel(plan, it, c, now);
  }
  events operator()(const confirm_canceled& c) const {
    return decide_confirm(plan, it, c, now);
  }
  events operator()(const retry_stage& c) const {
    return detail::decide_retry(plan, it, c, now);
  }
  events operator()(const skip_stage& c) const {
    return detail::decide_skip(plan, it, c, now);
  }
  events operator()(const approve_stage& c) const {
    return detail::decide_approve(plan, it, c, now);
  }
  events operator()(const reject_stage& c) const {
    return detail::decide_reject(plan, it, c, now);
  }
  events operator()(const send_signal& c) const {
    return detail::decide_signal(plan, it, c, now);
  }
  events operator()(const pass_deadline& c) const {
    return detail::decide_deadline(plan, it, c, now);
  }
  events operator()(const decide_experiment& c) const {
    return detail::decide_verdict(plan, it, c, now);
  }
  events operator()(const fail_experiment& c) const {
    return detail::decide_no_verdict(plan, it, c, now);
  }
  events operator()(const record_step& c) const {
    return detail::decide_record_step(plan, it, c, now);
  }
  events operator()(const suspend_attempt& c) const {
    return detail::decide_suspend(plan, it, c, now);
  }
  events operator()(const queue_attempt& c) const {
    return decide_queue(plan, it, c, now);
  }
  events operator()(const dispatch_attempt& c) const {
    return decide_dispatch(plan, it, c, now);
  }
  events operator()(const fix_items& c) const {
    return decide_fix_items(plan, it, c, now);
  }
  events operator()(const fail_items& c) const {
    return decide_fail_items(plan, it, c, now);
  }
  events operator()(const pause_iteration& c) const {
    return detail::decide_pause(it, c, now);
  }
  events operator()(const resume_iteration& c) const {
    return detail::decide_resume(plan, it, c, now);
  }
  events operator()(const label_iteration& c) const {
    return detail::decide_label(it, c, now);
  }
};

} // namespace

std::string
detail::attempt_text(const std::string& stage, std::uint32_t attempt) {
  return "attempt " + std::to_string(attempt) + " of stage \"" + stage + "\"";
}

result<detail::relevance> detail::check_attempt(
  const iteration& it, const std::string& stage, std::uint32_t attempt) {
  const auto* state = find(it, stage);
  if (state == nullptr)
    return unknown_stage(it, stage);
  if (is_fanned_out(state->status))
    return error{
      errc::conflict,
      "stage \"" + stage + "\" runs for each of its items; name one, such as " +
        unit_name(stage, 0)};
  if (attempt == 0 || attempt > state->attempt)
    return error{
      errc::conflict,
      attempt_text(stage, attempt) + " was never started; the last one is " +
        std::to_string(state->attempt)};
  if (attempt < state->attempt)
    return error{
      errc::conflict,
      attempt_text(stage, attempt) + " was superseded by attempt " +
        std::to_string(state->attempt)};
  const bool current = state->status == stage_status::running ||
    state->status == stage_status::queued;
  return current ? relevance::current : relevance::past;
}

const stage_state* detail::find(const iteration& it, const std::string& unit) {
  return it.find(unit);
}

std::string detail::name_of(const iteration& it) {
  return "iteration " + std::to_string(it.start.number.value);
}

error detail::unknown_stage(const iteration& it, const std::string& stage) {
  return {errc::not_found, name_of(it) + " has no stage \"" + stage + "\""};
}

events decide(
  const loop_definition& plan, const iteration& it,
  const iteration_command& command, time_point now) {
  return std::visit(visitor{plan, it, now}, command);
}

} // namespace ratchet::workflows
