#include "actors/nested_stage.hpp"

#include "actors/errors.hpp"
#include "workflows/nested_end.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = stage_actor::stateful_pointer<nested_stage_state>;

/// When an error is asked about again.
constexpr auto patience = 500ms;

const std::string& loop_of(const nested_stage_state& st) {
  return st.order.stage->nested.loop;
}

void leave(self_pointer self) {
  auto& st = self->state;
  self->send(st.peers.timers, forget_atom{}, timer_listener{self});
  st.peers.node->progress->clear(
    st.peers.loop->name, st.order.start.number, st.order.unit);
  self->quit();
}

void tell(self_pointer self, const workflows::nested_end& end) {
  auto& st = self->state;
  if (end.failure)
    self->send(
      st.iteration,
      attempt_broke{st.order.unit, st.order.attempt, *end.failure});
  else
    self->send(
      st.iteration,
      attempt_finished{st.order.unit, st.order.attempt, end.output, false});
  leave(self);
}

/// There is no child, and there will be none.
void end_without_child(self_pointer self) {
  auto& st = self->state;
  if (st.timed_out) {
    tell(self, workflows::end_of_wait(*st.order.stage, {}, st.obstacle));
    return;
  }
  self->send(st.iteration, attempt_stopped{st.order.unit, st.order.attempt});
  leave(self);
}

void child_has_ended(self_pointer self, const child_ended& end) {
  auto& st = self->state;
  const bool good = end.outcome == workflows::iteration_outcome::promoted ||
    end.outcome == workflows::iteration_outcome::completed;
  if (st.timed_out && !good)
    tell(self, workflows::end_of_wait(*st.order.stage, st.child, {}));
  else if (st.stopping && !good)
    end_without_child(self);
  else
    tell(
      self,
      workflows::end_of_child(
        *st.order.stage, st.child, end.outcome, end.version, end.reason));
}

void ask_again_later(self_pointer self) {
  self->state.asking = false;
  self->delayed_send(self, patience, poll_atom{});
}

/// Asked until it is accepted; an end that it causes is awaited as any.
void cancel_child(self_pointer self, const supervisor_actor& lead) {
  auto& st = self->state;
  operator_request wish{.verb = operator_verb::cancel, .loop = loop_of(st)};
  wish.iteration = st.child;
  wish.who = workflows::asker_text(st.order.start);
  wish.reason = st.timed_out ? "its time is over" : "canceled with it";
  self->request(lead, 60s, std::move(wish))
    .then(
      [](const operator_answer&) {},
      [self](const caf::error&) { ask_again_later(self); });
}

/// No time-out: if the supervisor goes down, a message says so.
void wait_for_end(self_pointer self, const supervisor_actor& lead) {
  auto& st = self->state;
  if (st.stopping)
    cancel_child(self, lead);
  self->request(lead, caf::infinite, await_child{st.child})
    .then(
      [self](const child_ended& end) { child_has_ended(self, end); },
      [self](const caf::error&) { ask_again_later(self); });
}

void start(self_pointer self, const supervisor_actor& lead) {
  auto& st = self->state;
  start_child wish{
    .request = st.order.id,
    .who = workflows::asker_text(st.order.start),
    .reason = "stage \"" + st.order.unit + "\" of it",
    .only_find = st.stopping || st.order.canceled};
  self->request(lead, caf::infinite, std::move(wish))
    .then(
      [self, lead](child_started found) {
        auto& now = self->state;
        now.child = found.number;
        if (now.child.value == 0) {
          end_without_child(self);
          return;
        }
        now.peers.node->progress->set(
          now.peers.loop->name, now.order.start.number, now.order.unit,
          {0,
           "iteration " + std::to_string(now.child.value) + " of " +
             loop_of(now)});
        wait_for_end(self, lead);
      },
      [self](const caf::error& failure) {
        self->state.obstacle = from_caf(failure).message;
        ask_again_later(self);
      });
}

void ask(self_pointer self) {
  auto& st = self->state;
  if (st.asking)
    return;
  st.asking = true;
  self->request(st.peers.directory, caf::infinite, find_loop{loop_of(st)})
    .then(
      [self](const supervisor_actor& lead) {
        self->monitor(lead);
        if (self->state.child.value == 0)
          start(self, lead);
        else
          wait_for_end(self, lead);
      },
      [self](const caf::error& failure) {
        self->state.obstacle = from_caf(failure).message;
        ask_again_later(self);
      });
}

/// Asked while an answer is awaited, the cancel goes out beside it.
void stop(self_pointer self) {
  auto& st = self->state;
  if (st.stopping)
    return;
  st.stopping = true;
  if (st.child.value != 0)
    st.asking = false; // What was asked waits for an end that has to be caused.
  ask(self);
}

} // namespace

stage_actor::behavior_type nested_stage(
  self_pointer self, iteration_peers peers, iteration_actor iteration,
  attempt_order order) {
  self->state = {std::move(peers), std::move(iteration), std::move(order)};
  self->set_down_handler(
    [self](const caf::down_msg&) { ask_again_later(self); });
  return {
    [self](begin_atom) {
      auto& now = self->state;
      self->send(
        now.peers.timers,
        wake_at{now.order.since + now.order.stage->timeout, 0},
        timer_listener{self});
      ask(self);
    },
    [self](stop_atom) { stop(self); },
    [](slot_granted) {},
    [](slot_awaited) {},
    [](launch_atom) {},
    [](beat_atom) {},
    [](attempt_report&) {},
    [self](poll_atom) { ask(self); },
    [self](due) {
      self->state.timed_out = !self->state.stopping;
      stop(self);
    },
  };
}

} // namespace ratchet::actors
