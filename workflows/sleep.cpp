#include "workflows/sleep.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

/// What one stage means for the sleep of its iteration.
enum class stage_rest : std::uint8_t {
  silent, ///< Nothing: it has not begun, or is final.
  awake,  ///< An attempt is under way, or waits for its slot.
  waits,  ///< For `due`, or for word from outside.
};

/// A pause holds a back-off, and an attempt that waits in its middle.
stage_rest rest_of(const stage_state& stage, bool paused) {
  const bool held = paused &&
    (stage.status == stage_status::backing_off || !stage.suspended_in.empty());
  if (held)
    return stage_rest::silent;
  switch (stage.status) {
  case stage_status::running:
  case stage_status::queued:
  case stage_status::listing:
    return stage_rest::awake;
  case stage_status::backing_off:
  case stage_status::waiting:
    return stage_rest::waits;
  case stage_status::pending:
  case stage_status::succeeded:
  case stage_status::failed:
  case stage_status::refused:
  case stage_status::canceled:
  case stage_status::skipped:
  case stage_status::fanned_out: // Its units tell.
    return stage_rest::silent;
  }
  return stage_rest::awake;
}

/// What all of them mean together.
struct rest_survey {
  bool awake = false;
  std::optional<time_point> wake;

  void add(const stage_state& stage, bool paused) {
    // Its loop tells it the verdict, and whether it has been heard at all.
    const auto rest =
      stage.status == stage_status::waiting && stage.in_experiment
      ? stage_rest::awake
      : rest_of(stage, paused);
    awake = awake || rest == stage_rest::awake;
    if (rest != stage_rest::waits)
      return;
    const auto due = stage.due == time_point{} ? no_wake_up : stage.due;
    wake = std::min(wake.value_or(no_wake_up), due);
  }
};

} // namespace

std::optional<time_point> asleep_until(const iteration& it) {
  if (it.outcome != iteration_outcome::running)
    return std::nullopt;
  // Most often some unit runs, and the others need not be looked at.
  for (const auto& [name, units] : it.fan_outs)
    if (units.counts.running > 0)
      return std::nullopt;
  const bool paused = it.paused.has_value();
  rest_survey seen;
  if (paused)
    seen.wake = no_wake_up;
  for (const auto& [name, stage] : it.stages)
    seen.add(stage, paused);
  for (const auto& [name, units] : it.fan_outs)
    for (const auto index : units.under_way)
      seen.add(units.units[index], paused);
  return seen.awake ? std::nullopt : seen.wake;
}

} // namespace ratchet::workflows
