#include "actors/detail/supervisor_areas.hpp"

#include "actors/areas.hpp"
#include "base/log.hpp"

#include <caf/all.hpp>

#include <chrono>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;

constexpr duration restart_delay = 1s;

} // namespace

void look_for_areas(supervisor_pointer self) {
  auto& st = self->state;
  // Looks are counted from the moment at which the loop was first hosted.
  if (
    st.areas || st.peers.loop->plan->definition.areas.empty() ||
    st.machine.trigger.first_seen == time_point{})
    return;
  st.areas = self->spawn<caf::linked>(
    areas,
    area_peers{
      st.peers.node, st.peers.loop, st.peers.readers, st.peers.timers,
      supervisor_actor{self}});
  self->monitor(st.areas);
}

bool areas_down(supervisor_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  if (!st.areas || st.areas.address() != down.source)
    return false;
  log(
    log_level::warning, "who looks for areas failed; starting again",
    {{"loop", st.peers.loop->name}, {"reason", to_string(down.reason)}});
  st.areas = nullptr;
  self->delayed_send(self, restart_delay, due{areas_token});
  return true;
}

void handle_look(supervisor_pointer self, const area_look_made& made) {
  carry_out(self, workflows::note_areas{made.look}, {}, ignore);
}

} // namespace ratchet::actors::detail
