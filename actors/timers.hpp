#pragma once

#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <cstdint>
#include <map>
#include <unordered_map>

namespace ratchet::actors {

struct timers_state {
  static inline const char* name = "timers";

  struct alarm {
    std::uint64_t token = 0;
    timer_listener listener;
  };
  const wall_clock* clock = nullptr;
  using alarm_map = std::multimap<time_point, alarm>;
  alarm_map alarms;
  /// Where a listener's alarms are, so that it can take them back.
  std::unordered_multimap<caf::actor_id, alarm_map::iterator> by_listener;
  std::uint64_t last_look = 0; ///< Identifies the look asked for last.
};

/// Alarms by the wall clock, right also after it jumps: the actor never sleeps
/// longer than `longest_sleep` before it looks at the clock again.
timers_actor::behavior_type timers(
  timers_actor::stateful_pointer<timers_state> self, const wall_clock* clock);

} // namespace ratchet::actors
