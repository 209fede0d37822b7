#include "actors/detail/supervisor_sleep.hpp"

#include "actors/detail/recover.hpp"

#include <caf/all.hpp>

#include <chrono>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;

/// Sleepers are read back so much before they are due: then their own alarm
/// wakes them on time, however many are due at once.
constexpr duration read_ahead = 250ms;

void read_back(supervisor_pointer self, iteration_number number) {
  auto& st = self->state;
  ++st.peers.node->stats->iterations_read_back;
  self->send(
    st.peers.readers,
    run_job{[number, node = st.peers.node, loop = st.peers.loop,
             me = supervisor_actor{self}] {
      caf::anon_send(me, load_iteration(*node, *loop, number));
    }});
}

void read_next(supervisor_pointer self) {
  while (const auto number = self->state.absent->next_read())
    read_back(self, *number);
}

/// One alarm for all of them. A later one that is set already may ring too:
/// it finds nobody due.
void set_alarm(supervisor_pointer self) {
  auto& st = self->state;
  const auto next = st.absent->next_due();
  if (!next || (st.sleepers_alarm && *st.sleepers_alarm <= *next))
    return;
  st.sleepers_alarm = next;
  self->send(
    st.peers.timers, wake_at{*next - read_ahead, sleepers_token},
    timer_listener{self});
}

} // namespace

bool let_rest(
  supervisor_pointer self, const iteration_rests& wish,
  const caf::actor_addr& asker) {
  auto& st = self->state;
  const auto it = st.iterations.find(wish.number);
  if (
    it == st.iterations.end() || it->second.address() != asker ||
    st.asked.contains(wish.number))
    return false;
  self->demonitor(asker);
  st.iterations.erase(it);
  st.absent->sleep(wish.number, wish.until);
  set_alarm(self);
  return true;
}

void take_sleepers(
  supervisor_pointer self,
  const std::map<iteration_number, time_point>& asleep) {
  for (const auto& [number, until] : asleep)
    self->state.absent->sleep(number, until);
  set_alarm(self);
}

void wake(supervisor_pointer self, iteration_number number) {
  self->state.absent->wake(number);
  read_next(self);
}

void wake_due(supervisor_pointer self) {
  auto& st = self->state;
  st.sleepers_alarm.reset();
  st.absent->wake_due(now(st) + read_ahead);
  set_alarm(self);
  read_next(self);
}

void count_arrival(supervisor_pointer self, iteration_number number) {
  self->state.absent->arrived(number);
  read_next(self);
}

} // namespace ratchet::actors::detail
