#pragma once

#include "actors/iteration.hpp"
#include "actors/stage.hpp"

#include <cstdint>
#include <string>

namespace ratchet::actors::detail {

/// What an attempt of a stage or unit is told, out of the state of its
/// iteration. `resumed`: the journal says that it was started before.
///
/// Cost: what the stages before it made is copied; the results of units are
///   gathered once for all attempts, and shared.
[[nodiscard]] attempt_order order_for(
  iteration_state& st, const std::string& unit, std::uint32_t attempt,
  bool resumed);

/// What an iteration asks of its loop: its version against the champion.
[[nodiscard]] experiment_wanted experiment_for(
  const iteration_state& st, const workflows::ask_experiment& effect);

} // namespace ratchet::actors::detail
