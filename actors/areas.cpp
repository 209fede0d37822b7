#include "actors/areas.hpp"

#include "actors/detail/area_round.hpp"
#include "base/log.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = areas_actor::stateful_pointer<areas_state>;
using round_ptr = std::shared_ptr<detail::area_round>;

constexpr duration rest_after_failure = 1s;

/// The answer comes as `areas_stepped`.
void go_on(self_pointer self, round_ptr round) {
  self->send(
    self->state.peers.readers,
    run_job{[round = std::move(round), me = areas_actor{self}] {
      const auto more = round->step();
      areas_stepped step{round, false, std::nullopt};
      if (more)
        step.more = *more;
      else
        step.failure = more.err();
      caf::anon_send(me, std::move(step));
    }});
}

void look(self_pointer self) {
  auto& st = self->state;
  st.busy = true;
  go_on(
    self,
    std::make_shared<detail::area_round>(
      *st.peers.node, st.peers.loop, st.looked, st.peers.node->clock->now()));
}

void take(self_pointer self, const areas_stepped& step) {
  auto& st = self->state;
  if (step.failure) {
    log(
      log_level::error, "cannot look for areas; trying again",
      {{"loop", st.peers.loop->name}, {"error", step.failure->message}});
    self->delayed_send(self, rest_after_failure, poll_atom{});
    return;
  }
  if (step.more) {
    go_on(self, step.round);
    return;
  }
  st.busy = false;
  for (const auto& one : step.round->looks()) {
    st.looked[one.metric] = one.as_of;
    self->send(st.peers.supervisor, area_look_made{one});
  }
  self->send(
    st.peers.timers, wake_at{step.round->next(), 0}, timer_listener{self});
}

} // namespace

areas_actor::behavior_type areas(self_pointer self, area_peers peers) {
  self->state.peers = std::move(peers);
  look(self);
  return {
    [self](due) {
      // An alarm is set when nothing is under way.
      if (!self->state.busy)
        look(self);
    },
    [self](poll_atom) { look(self); },
    [self](const areas_stepped& step) { take(self, step); },
  };
}

} // namespace ratchet::actors
