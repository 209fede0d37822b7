#pragma once

#include "workflows/iteration.hpp"

#include <string>
#include <variant>

/// What must always hold of pauses, for the model test of an iteration.

namespace ratchet::workflows::testing {

template <class... Events>
bool is_one_of(const iteration_event& event) {
  return (std::holds_alternative<Events>(event) || ...);
}

/// The rule that `event`, recorded of `before`, breaks; empty: none.
inline std::string
breach_of_pause(const iteration& before, const iteration_event& event) {
  if (const auto* gone = std::get_if<attempt_withdrawn>(&event)) {
    const auto& stage = *before.find(gone->stage);
    if (
      stage.status != stage_status::queued &&
      stage.status != stage_status::running)
      return "only what waits for a slot or runs is withdrawn";
    if (stage.attempt != gone->attempt)
      return "the last attempt is the one that is withdrawn";
    if (!before.paused && !stage.withdrawing)
      return "nothing is withdrawn without a pause";
  }
  if (
    std::holds_alternative<iteration_paused>(event) &&
    before.outcome != iteration_outcome::running)
    return "only what runs is paused";
  if (!before.paused)
    return {};
  if (is_one_of<
        attempt_started, attempt_queued, attempt_dispatched, attempt_resumed,
        wait_started, items_awaited, cleanup_started>(event))
    return "nothing starts during a pause";
  const auto* skip = std::get_if<stage_skipped>(&event);
  if (skip != nullptr && skip->who == condition_skips)
    return "no condition is asked during a pause";
  return {};
}

/// True if a restart has nothing to do for `state` until the resume.
inline bool is_held(const iteration& it, const stage_state& state) {
  return it.paused &&
    (state.status == stage_status::backing_off || !state.suspended_in.empty());
}

} // namespace ratchet::workflows::testing
