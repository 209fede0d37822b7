#pragma once

#include "actors/hosted.hpp"
#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <map>
#include <memory>
#include <string>

namespace ratchet::actors {

/// What looking for areas works with.
struct area_peers {
  const services* node = nullptr;
  std::shared_ptr<const hosted_loop> loop;
  worker_actor readers;
  timers_actor timers;
  supervisor_actor supervisor;
};

struct areas_state {
  static inline const char* name = "areas";

  area_peers peers;
  /// As of when each metric was looked at; those of earlier runs are in the
  /// loop's state.
  std::map<std::string, time_point> looked;
  bool busy = false; ///< Reading, or resting after a failure.
};

/// Looks for the improvement areas that a loop declares, when it is time: at
/// moments that are counted from the loop's first, so that a look which a crash
/// made nothing of is made again as of the same moment, and finds the same.
/// Moments that passed while the engine was down are one.
///
/// Reads on readers' threads, piece by piece. The supervisor records what comes
/// of it; until then nobody hears of it.
///
/// Watched by the supervisor, which starts it again.
areas_actor::behavior_type
areas(areas_actor::stateful_pointer<areas_state> self, area_peers peers);

} // namespace ratchet::actors
