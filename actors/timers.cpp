#include "actors/timers.hpp"

#include "base/assert.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = timers_actor::stateful_pointer<timers_state>;

/// How late an alarm can be after the wall clock jumped.
constexpr duration longest_sleep = 200ms;

/// Only the look asked for last leads to another; those before it were
/// overtaken by an earlier alarm.
void sleep_until_next(self_pointer self) {
  auto& st = self->state;
  ++st.last_look;
  if (st.alarms.empty())
    return;
  const auto wait = st.alarms.begin()->first - st.clock->now();
  self->delayed_send(
    self, std::clamp<duration>(wait, 0ms, longest_sleep), poll_atom{},
    st.last_look);
}

void remember(
  self_pointer self, const wake_at& wish, const timer_listener& listener) {
  auto& st = self->state;
  const bool first = st.alarms.empty() || wish.at < st.alarms.begin()->first;
  const auto at =
    st.alarms.emplace(wish.at, timers_state::alarm{wish.token, listener});
  st.by_listener.emplace(listener->id(), at);
  if (first)
    sleep_until_next(self);
}

void forget(self_pointer self, const timer_listener& listener) {
  auto& st = self->state;
  const auto [from, to] = st.by_listener.equal_range(listener->id());
  for (auto it = from; it != to; ++it)
    st.alarms.erase(it->second);
  st.by_listener.erase(from, to);
}

/// Rings the first alarm and drops it.
void ring_first(self_pointer self) {
  auto& st = self->state;
  const auto first = st.alarms.begin();
  self->send(first->second.listener, due{first->second.token});
  auto [it, to] = st.by_listener.equal_range(first->second.listener->id());
  while (it != to && it->second != first)
    ++it;
  RATCHET_ASSERT(it != to);
  st.by_listener.erase(it);
  st.alarms.erase(first);
}

} // namespace

timers_actor::behavior_type timers(self_pointer self, const wall_clock* clock) {
  self->state.clock = clock;
  return {
    [self](const wake_at& wish, const timer_listener& listener) {
      remember(self, wish, listener);
    },
    [self](forget_atom, const timer_listener& listener) {
      forget(self, listener);
    },
    [self](poll_atom, std::uint64_t look) {
      auto& st = self->state;
      const auto now = st.clock->now();
      while (!st.alarms.empty() && st.alarms.begin()->first <= now)
        ring_first(self);
      if (look == st.last_look)
        sleep_until_next(self);
    },
  };
}

} // namespace ratchet::actors
