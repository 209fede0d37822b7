#pragma once

#include "actors/detail/alarm_queue.hpp"
#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <cstdint>

namespace ratchet::actors {

/// How late an alarm can be because the wall clock jumped ahead, or the
/// machine slept: the actor looks at the clock this often while any is set.
inline constexpr duration longest_sleep{50};

struct timers_state {
  static inline const char* name = "timers";

  const wall_clock* clock = nullptr;
  detail::alarm_queue<timer_listener> alarms;
  /// By the wall clock as it was when the look was asked for; epoch: none is.
  time_point next_look;
  std::uint64_t last_look = 0; ///< Identifies the look asked for last.
};

/// Alarms by the wall clock.
///
/// Each rings once the clock shows its time, never before, and those due
/// together ring in the order of their times. A look is asked for at the time
/// of the first alarm, by the steady clock, but after `longest_sleep` at most:
/// so a wall clock that jumps ahead makes what is now due ring within that
/// bound, and one that jumps back makes the rest wait until it is there again.
/// What is due already when it is set, as after a time when the node was down,
/// rings at once.
///
/// Cost: setting one is O(log n), taking all of a listener's back O(1)
///   (detail/alarm_queue.hpp); 20 looks a second while any is set.
timers_actor::behavior_type timers(
  timers_actor::stateful_pointer<timers_state> self, const wall_clock* clock);

} // namespace ratchet::actors
