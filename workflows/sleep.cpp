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

stage_rest rest_of(stage_status status) {
  switch (status) {
  case stage_status::running:
  case stage_status::queued:
    return stage_rest::awake;
  case stage_status::backing_off:
    return stage_rest::waits;
  case stage_status::pending:
  case stage_status::succeeded:
  case stage_status::failed:
  case stage_status::refused:
  case stage_status::canceled:
  case stage_status::skipped:
    return stage_rest::silent;
  }
  return stage_rest::awake;
}

} // namespace

std::optional<time_point> asleep_until(const iteration& it) {
  if (it.outcome != iteration_outcome::running)
    return std::nullopt;
  std::optional<time_point> wake;
  for (const auto& [name, stage] : it.stages) {
    const auto rest = rest_of(stage.status);
    if (rest == stage_rest::awake)
      return std::nullopt;
    if (rest == stage_rest::silent)
      continue;
    const auto due = stage.due == time_point{} ? no_wake_up : stage.due;
    wake = std::min(wake.value_or(no_wake_up), due);
  }
  return wake;
}

} // namespace ratchet::workflows
