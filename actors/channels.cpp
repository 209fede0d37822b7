#include "actors/channels.hpp"

#include <caf/all.hpp>

namespace ratchet::actors {

channels_actor::behavior_type
channels(channels_actor::stateful_pointer<channels_state> self) {
  return {
    [self](const history_grew& hint) {
      auto& route = self->state.routes[hint.loop];
      route.end = hint.end;
      for (const auto& follower : route.followers)
        self->send(follower, hint);
    },
    [self](const std::string& loop, const history_follower& follower) {
      auto& route = self->state.routes[loop];
      route.followers.push_back(follower);
      self->send(follower, history_grew{loop, route.end});
    },
  };
}

} // namespace ratchet::actors
