#include "actors/monitor.hpp"

#include "actors/detail/follow.hpp"
#include "actors/errors.hpp"
#include "base/log.hpp"
#include "storage/history.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = monitor_actor::stateful_pointer<monitor_actor_state>;

/// How long a monitor rests after a hint: single events come in pieces this
/// way, and one commit serves many.
constexpr duration rest = 20ms;
constexpr duration rest_after_failure = 1s;

void read_on(self_pointer self) {
  auto& st = self->state;
  run_job job{[node = st.node, loop = st.loop, cursor = st.totals.cursor,
               me = monitor_actor{self}] {
    caf::anon_send(me, detail::follow(*node, *loop, cursor));
  }};
  self->send(st.readers, std::move(job));
}

void rest_then_look(self_pointer self, duration time) {
  auto& st = self->state;
  st.following = true;
  followed nothing_new;
  nothing_new.cursor = st.totals.cursor;
  self->delayed_send(self, time, std::move(nothing_new));
}

void give_up_for_now(self_pointer self, const error& reason) {
  log(
    log_level::error, "monitor cannot follow its history; trying again",
    {{"loop", self->state.loop->name}, {"error", reason.message}});
  rest_then_look(self, rest_after_failure);
}

void tell_supervisor(self_pointer self) {
  const auto& st = self->state;
  self->send(st.supervisor, inputs_changed{storage::inputs_of(st.totals)});
}

/// Counts the piece, and makes that durable before anybody hears of it.
void take(self_pointer self, followed& piece) {
  auto& st = self->state;
  auto& totals = st.totals;
  totals.cursor = piece.cursor;
  for (const auto& [channel, count] : piece.joined)
    totals.joined[channel] += count;
  analysis::rewatch(totals.drops, piece.watches);
  for (const auto& row : piece.rows)
    analysis::fold(row, totals.metrics, st.history, totals.drops);
  storage::write_batch batch;
  storage::put_monitor(batch, st.loop->number, totals);
  storage::put_history(batch, st.loop->number, st.history);
  self->request(st.journal, 60s, commit_batch{std::move(batch)})
    .await(
      [self, more = piece.more](committed) {
        auto& done = self->state;
        tell_supervisor(self);
        done.following = false;
        if (more || done.end > done.totals.cursor)
          rest_then_look(self, more ? 0ms : rest);
      },
      [self](caf::error& failure) { self->quit(failure); });
}

} // namespace

monitor_actor::behavior_type monitor(
  self_pointer self, const services* node,
  std::shared_ptr<const hosted_loop> loop, storage::monitor_state totals,
  analysis::metric_history history, journal_actor journal, worker_actor readers,
  supervisor_actor supervisor) {
  auto& st = self->state;
  st.node = node;
  st.loop = std::move(loop);
  st.totals = std::move(totals);
  st.history = std::move(history);
  st.history.adopt(detail::history_plan_of(st.loop->plan->definition));
  st.journal = std::move(journal);
  st.readers = std::move(readers);
  st.supervisor = std::move(supervisor);
  st.end = st.node->history->end(st.loop->number);
  tell_supervisor(self);
  if (st.end > st.totals.cursor)
    rest_then_look(self, 0ms);
  return {
    [self](const history_grew& hint) {
      auto& state = self->state;
      state.end = std::max(state.end, hint.end);
      if (!state.following && state.end > state.totals.cursor)
        rest_then_look(self, rest);
    },
    [self](followed& piece) {
      // The cursor tells a reader's answer from the end of a rest.
      if (piece.failure)
        give_up_for_now(self, *piece.failure);
      else if (piece.cursor == self->state.totals.cursor)
        read_on(self);
      else
        take(self, piece);
    },
  };
}

} // namespace ratchet::actors
