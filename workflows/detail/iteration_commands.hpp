#pragma once

#include "workflows/iteration.hpp"

#include <string>
#include <vector>

/// Commands of an operator that have a file of their own, and what all
/// commands share.

namespace ratchet::workflows::detail {

class iteration_turn;

/// Null if the iteration has no such stage or unit.
[[nodiscard]] const stage_state*
find(const iteration& it, const std::string& unit);

/// "iteration 7"
[[nodiscard]] std::string name_of(const iteration& it);

[[nodiscard]] error
unknown_stage(const iteration& it, const std::string& stage);

/// What an operator's change of an ended iteration leads to: `recorded`, which
/// made `after` of `it`, and the attempts that can start now.
/// Errors: `conflict` if an iteration that has promoted would do so again.
[[nodiscard]] result<std::vector<iteration_event>> go_on(
  const loop_definition& plan, const iteration& it, const iteration& after,
  std::vector<iteration_event> recorded, time_point now);

/// The stages and units that an ended iteration has to set back to go on:
/// `named`, if not empty, and every other beside which it could only fail
/// again, because it ended without success or was undone. Each takes the stages
/// after it along.
[[nodiscard]] std::vector<std::string> stages_to_reset(
  const loop_definition& plan, const iteration& it, const std::string& named);

/// "attempt 2 of stage "train""
[[nodiscard]] std::string
attempt_text(const std::string& stage, std::uint32_t attempt);

/// Whether news of an attempt counts.
enum class relevance : std::uint8_t {
  current, ///< It runs, or waits for a slot.
  past,    ///< It is the stage's last one, but has ended.
};

/// Errors: `conflict` if the attempt is not the last one of its stage.
[[nodiscard]] result<relevance> check_attempt(
  const iteration& it, const std::string& stage, std::uint32_t attempt);

// iteration_retry.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_retry(
  const loop_definition& plan, const iteration& it, const retry_stage& command,
  time_point now);

// iteration_skip.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_skip(
  const loop_definition& plan, const iteration& it, const skip_stage& command,
  time_point now);

// iteration_waits.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_approve(
  const loop_definition& plan, const iteration& it,
  const approve_stage& command, time_point now);
[[nodiscard]] result<std::vector<iteration_event>> decide_reject(
  const loop_definition& plan, const iteration& it, const reject_stage& command,
  time_point now);
[[nodiscard]] result<std::vector<iteration_event>> decide_signal(
  const loop_definition& plan, const iteration& it, const send_signal& command,
  time_point now);
[[nodiscard]] result<std::vector<iteration_event>> decide_deadline(
  const loop_definition& plan, const iteration& it,
  const pass_deadline& command, time_point now);

// iteration_experiments.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_verdict(
  const loop_definition& plan, const iteration& it,
  const decide_experiment& command, time_point now);
[[nodiscard]] result<std::vector<iteration_event>> decide_no_verdict(
  const loop_definition& plan, const iteration& it,
  const fail_experiment& command, time_point now);

// iteration_steps.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_record_step(
  const loop_definition& plan, const iteration& it, const record_step& command,
  time_point now);
[[nodiscard]] result<std::vector<iteration_event>> decide_suspend(
  const loop_definition& plan, const iteration& it,
  const suspend_attempt& command, time_point now);
/// Records that the suspended attempt of a stage or a unit goes on. `unit` must
/// live as long as the turn.
void record_resumption(
  iteration_turn& turn, const iteration& it, const std::string& unit,
  duration timeout, std::uint32_t signal, time_point now);

/// Hands the signals that are there to the stages that wait for them, with all
/// that follows. `it` is the state as it is now.
[[nodiscard]] std::vector<iteration_event>
take_signals(const loop_definition& plan, iteration it, time_point now);

// iteration_pause.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_pause(
  const iteration& it, const pause_iteration& command, time_point now);
[[nodiscard]] result<std::vector<iteration_event>> decide_resume(
  const loop_definition& plan, const iteration& it,
  const resume_iteration& command, time_point now);

// labels.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_label(
  const iteration& it, const label_iteration& command, time_point now);

} // namespace ratchet::workflows::detail
