#pragma once

#include "workflows/loop_state.hpp"

#include <vector>

/// What a loop decides about its experiments.

namespace ratchet::workflows::detail {

[[nodiscard]] result<std::vector<loop_event>> decide_experiment_of(
  const loop_definition& definition, const loop_state& state,
  const want_experiment& command, time_point now);
[[nodiscard]] std::vector<loop_event> decide_experiment_of(
  const loop_state& state, const quit_experiment& command, time_point now);
[[nodiscard]] std::vector<loop_event> decide_experiment_of(
  const loop_state& state, const end_experiment& command, time_point now);

/// `decided`, with the ends of experiments that follow from it: one that runs
/// when the champion moves or its iteration is closed, those that wait for one
/// of its iteration. Then the next begins.
[[nodiscard]] std::vector<loop_event> with_experiments(
  const loop_state& state, std::vector<loop_event> decided, time_point now);

void apply(loop_state& state, const experiment_requested& event);
void apply(loop_state& state, const experiment_begun& event);
void apply(loop_state& state, const experiment_ended& event);

} // namespace ratchet::workflows::detail
