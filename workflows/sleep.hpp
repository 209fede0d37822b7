#pragma once

#include "base/clock.hpp"
#include "workflows/iteration.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace ratchet::workflows {

/// The wake-up of an iteration that only word from outside wakes.
inline constexpr time_point no_wake_up =
  from_ms(std::numeric_limits<std::int64_t>::max());

/// When `it` has something to do by itself again, if nothing of it runs until
/// then: the earliest moment that one of its stages waits for. Such an
/// iteration need not be in memory (docs/decisions/0012-sleep.md).
///
/// Nothing if it is awake: an attempt is under way, it has ended, or nothing
/// of it has begun. `no_wake_up` if it waits for word from outside alone, as a
/// paused one does for its resume.
/// Cost: one pass over the stages.
[[nodiscard]] std::optional<time_point> asleep_until(const iteration& it);

} // namespace ratchet::workflows
