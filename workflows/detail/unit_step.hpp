#pragma once

#include "workflows/iteration.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Decisions about the units of one stage; iteration_turn makes them part of
/// its own.

namespace ratchet::workflows::detail {

/// What an event of the same decision did to one unit. It must live as long as
/// the step is being made.
struct unit_change {
  std::uint32_t index = 0;
  stage_status status = stage_status::pending;
  const iteration_event* event = nullptr;
};

/// What units may do.
enum class unit_pace : std::uint8_t {
  start, ///< Begin, as many as may.
  hold,  ///< Begin later: the iteration is paused.
  stop,  ///< Never begin: the iteration stops.
};

/// What follows for the units of a stage, and for the stage.
struct unit_step {
  std::vector<iteration_event> events;
  /// Of the stage after them: fanned_out, or final.
  stage_status status = stage_status::fanned_out;
};

/// The first units start, if they may. `before`: what is known of an earlier
/// round.
[[nodiscard]] unit_step begin_units(
  const stage_definition& stage, const fan_out& before,
  const items_fixed& fixed, unit_pace pace);

/// Units that may start do, or the stage is at its end. Harmless to repeat.
[[nodiscard]] unit_step advance_units(
  const stage_definition& stage, const iteration& before,
  const std::optional<unit_change>& change, unit_pace pace, time_point now);

/// The items of a stage as far as the journal knows them; `nullopt` if they
/// have to be looked up elsewhere. `output` is the result of the stage that
/// they come from, `units` are its units, and `change` what this decision did
/// to one of them; null if there are none. Errors: `invalid_argument`.
[[nodiscard]] result<std::optional<std::vector<std::string>>> known_items(
  const fan_out_options& options, const stage_result* output,
  const fan_out* units, const std::optional<unit_change>& change);

/// Of a stage or a unit; null if the plan has none.
[[nodiscard]] const stage_definition*
definition_of(const loop_definition& plan, const std::string& unit);

} // namespace ratchet::workflows::detail
