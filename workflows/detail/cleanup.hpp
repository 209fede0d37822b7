#pragma once

#include "workflows/iteration.hpp"

#include <string>
#include <vector>

/// What runs when the graph of an iteration has come to rest.

namespace ratchet::workflows::detail {

/// The cleanup that an end as `outcome` asks for, in the order in which it
/// runs: compensations, the last success first; on_failure; always. `it` is
/// the state at rest.
[[nodiscard]] std::vector<const cleanup_definition*> cleanup_for(
  const loop_definition& plan, const iteration& it, iteration_outcome outcome);

/// What ends an iteration that is due to end so: at once, or by way of its
/// cleanup stages; nothing for now if it is paused and those would start. `it`
/// is the state at rest, before the end.
[[nodiscard]] std::vector<iteration_event> begin_end(
  const loop_definition& plan, const iteration& it, iteration_outcome outcome,
  std::string reason, time_point now);

/// What comes next during cleanup: a start, the end, or nothing while a stage
/// of it runs or backs off, or a pause holds the next.
[[nodiscard]] std::vector<iteration_event> go_on_with_cleanup(
  const loop_definition& plan, const iteration& it, time_point now);

} // namespace ratchet::workflows::detail
