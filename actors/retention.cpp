#include "actors/retention.hpp"

#include "actors/detail/retention_look.hpp"
#include "actors/errors.hpp"
#include "base/log.hpp"
#include "storage/history.hpp"
#include "storage/store.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = retention_actor::stateful_pointer<retention_state>;

/// Often enough for bounds of days and gigabytes.
constexpr duration time_between_looks = 1min;
/// Compacting an index is cheap, but not free.
constexpr duration time_between_reclaims = 1h;
/// At most: it costs as much as the history is large.
constexpr duration time_between_rewrites = 24h;

void look(self_pointer self) {
  const auto& with = self->state.with;
  // A store that has stopped stays so until the node is started again.
  if (!with.node->store->health())
    return;
  self->send(
    with.readers,
    run_job{[node = with.node, loops = with.loops, me = retention_actor{self}] {
      caf::anon_send(me, detail::look_at_histories(*node, loops));
    }});
}

void reclaim_if_due(self_pointer self) {
  auto& st = self->state;
  const auto now = st.with.node->clock->now();
  if (
    !st.dropped || st.reclaiming ||
    now - st.last_reclaim < time_between_reclaims)
    return;
  st.dropped = false;
  st.reclaiming = true;
  const bool may_rewrite = now - st.last_rewrite >= time_between_rewrites;
  self->send(
    st.with.readers,
    run_job{[node = st.with.node, may_rewrite, me = retention_actor{self}] {
      caf::anon_send(me, detail::reclaim_space(*node, may_rewrite));
    }});
}

void rest(self_pointer self) {
  const auto& with = self->state.with;
  self->send(
    with.timers, wake_at{with.node->clock->now() + time_between_looks, 0},
    timer_listener{self});
}

/// One of the journal's answers came.
void count_answer(self_pointer self) {
  auto& st = self->state;
  if (--st.asked > 0)
    return;
  reclaim_if_due(self);
  rest(self);
}

void drop(self_pointer self, retain_history wish) {
  const auto& with = self->state.with;
  const auto loop = wish.loop;
  const auto before = with.node->history->first(loop);
  self->request(with.journal, 60s, wish)
    .then(
      [self, loop, before](committed) {
        auto& st = self->state;
        const auto first = st.with.node->history->first(loop);
        if (first > before) {
          st.dropped = true;
          log(
            log_level::debug, "dropped old events",
            {{"loop_number", std::to_string(loop.value)},
             {"events", std::to_string(first.value - before.value)},
             {"first_event", std::to_string(first.value)}});
        }
        count_answer(self);
      },
      [self, loop](caf::error& failure) {
        log(
          log_level::warning, "old events stay for now",
          {{"loop_number", std::to_string(loop.value)},
           {"reason", from_caf(failure).message}});
        count_answer(self);
      });
}

void take(self_pointer self, const retention_looked& looked) {
  auto& st = self->state;
  st.asked = looked.wishes.size() + 1; // And this look itself.
  for (const auto& wish : looked.wishes)
    drop(self, wish);
  count_answer(self);
}

} // namespace

retention_actor::behavior_type
retention(self_pointer self, retention_start start) {
  auto& st = self->state;
  st.with = std::move(start);
  st.last_reclaim = st.with.node->clock->now();
  look(self);
  return {
    [self](due) { look(self); },
    [self](const retention_looked& looked) { take(self, looked); },
    [self](const space_reclaimed& report) {
      auto& state = self->state;
      state.reclaiming = false;
      state.last_reclaim = state.with.node->clock->now();
      if (report.rewritten)
        state.last_rewrite = state.last_reclaim;
    },
  };
}

} // namespace ratchet::actors
