#pragma once

#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <map>
#include <string>
#include <vector>

namespace ratchet::actors {

struct channels_state {
  static inline const char* name = "channels";

  struct route {
    sequence end;
    std::vector<history_follower> followers;
  };
  std::map<std::string, route> routes;
};

/// The feedback channels of a node: tells every follower of a loop that its
/// history has grown. Followers read for themselves, at their own pace, from
/// their own durable cursor; so a slow one holds nobody up, and nothing is
/// queued here.
///
/// One actor for all channels: those of a loop share one history, and a hint
/// per channel would only wake the same followers several times.
channels_actor::behavior_type
channels(channels_actor::stateful_pointer<channels_state> self);

} // namespace ratchet::actors
