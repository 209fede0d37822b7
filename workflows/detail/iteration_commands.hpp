#pragma once

#include "workflows/iteration.hpp"

#include <string>
#include <vector>

/// Commands of an operator that have a file of their own, and what all
/// commands share.

namespace ratchet::workflows::detail {

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

// iteration_retry.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_retry(
  const loop_definition& plan, const iteration& it, const retry_stage& command,
  time_point now);

// iteration_skip.cpp
[[nodiscard]] result<std::vector<iteration_event>> decide_skip(
  const loop_definition& plan, const iteration& it, const skip_stage& command,
  time_point now);

} // namespace ratchet::workflows::detail
