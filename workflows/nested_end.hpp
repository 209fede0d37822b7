#pragma once

#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"

#include <optional>
#include <string>

/// Stages that run an iteration of another loop (`.run_loop`): what an end of
/// that iteration means to them. Pure.

namespace ratchet::workflows {

/// How such a stage ends: with a failure, or with an output:
///
///   loop, iteration  the child; no `iteration` if none was started
///   outcome          of the child, or "timeout"
///   version          that it made; absent if none
///   reason           why it ended
struct nested_end {
  std::optional<attempt_failure> failure;
  stage_result output;
};

/// The child has ended. A version it made is a value, not a version of this
/// loop: nothing here can promote it.
[[nodiscard]] nested_end end_of_child(
  const stage_definition& stage, iteration_number child,
  iteration_outcome outcome, version_number version, const std::string& reason);

/// The time of the stage is over. `child` is 0 if none could be started, for
/// the reason `obstacle`.
[[nodiscard]] nested_end end_of_wait(
  const stage_definition& stage, iteration_number child,
  const std::string& obstacle);

/// Who asks for the child: "iteration 7 of digits".
[[nodiscard]] std::string asker_text(const iteration_started& start);

} // namespace ratchet::workflows
