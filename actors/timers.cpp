#include "actors/timers.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = timers_actor::stateful_pointer<timers_state>;

/// Only the look asked for last leads to another; those before it were
/// overtaken by an earlier alarm. Each is at least a millisecond earlier than
/// the one it overtakes, so few are ever under way.
void look_again(self_pointer self) {
  auto& st = self->state;
  const auto first = st.alarms.next();
  st.next_look = {};
  if (!first)
    return;
  const auto now = st.clock->now();
  const auto wait = std::clamp<duration>(*first - now, 0ms, longest_sleep);
  st.next_look = now + wait;
  self->delayed_send(self, wait, poll_atom{}, ++st.last_look);
}

void ring_due(self_pointer self) {
  auto& st = self->state;
  const auto now = st.clock->now();
  while (auto alarm = st.alarms.pop_due(now))
    self->send(alarm->listener, due{alarm->token});
}

void remember(
  self_pointer self, const wake_at& wish, const timer_listener& listener) {
  auto& st = self->state;
  st.alarms.set(listener->id(), listener, wish.at, wish.token);
  // One that is due by now is under way.
  const bool far = st.clock->now() < st.next_look;
  if (st.next_look == time_point{} || (far && wish.at < st.next_look))
    look_again(self);
}

} // namespace

timers_actor::behavior_type timers(self_pointer self, const wall_clock* clock) {
  self->state.clock = clock;
  return {
    [self](const wake_at& wish, const timer_listener& listener) {
      remember(self, wish, listener);
    },
    [self](forget_atom, const timer_listener& listener) {
      self->state.alarms.forget(listener->id());
    },
    [self](poll_atom, std::uint64_t look) {
      ring_due(self);
      if (look == self->state.last_look)
        look_again(self);
    },
  };
}

} // namespace ratchet::actors
