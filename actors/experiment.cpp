#include "actors/experiment.hpp"

#include "actors/detail/experiment_step.hpp"
#include "actors/errors.hpp"
#include "base/log.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer =
  experiment_actor::stateful_pointer<experiment_follower_state>;

/// Single events come in pieces this way, and one commit serves many.
constexpr duration rest = 20ms;
constexpr duration rest_after_failure = 1s;
/// Cursors that passed nothing of the experiment are made durable now and then,
/// so that retention need not keep what they have passed.
constexpr std::uint64_t most_uncommitted = 8192;

/// The answer comes as `experiment_stepped`.
void look(self_pointer self) {
  auto& st = self->state;
  st.busy = true;
  st.again = false;
  self->send(
    st.peers.readers,
    run_job{[node = st.peers.node, loop = st.peers.loop->number,
             number = st.number, known = st.known,
             me = experiment_actor{self}] {
      detail::experiment_piece piece;
      auto state = known
        ? result<storage::experiment_state>{*known}
        : storage::load_experiment_state(*node->store, loop, number);
      if (state)
        piece = detail::step_experiment(
          *node, loop, std::move(*state), node->clock->now());
      else
        piece.failure = state.err();
      caf::anon_send(
        me,
        experiment_stepped{
          std::make_shared<detail::experiment_piece>(std::move(piece))});
    }});
}

void look_soon(self_pointer self, duration time) {
  self->state.busy = true;
  self->delayed_send(self, time, poll_atom{});
}

void try_again(self_pointer self, const error& reason) {
  log(
    log_level::error, "an experiment cannot follow its history; trying again",
    {{"loop", self->state.peers.loop->name},
     {"experiment", std::to_string(self->state.number.value)},
     {"error", reason.message}});
  look_soon(self, rest_after_failure);
}

void set_alarm(self_pointer self, time_point at) {
  auto& st = self->state;
  if (to_ms(at) == 0 || (to_ms(st.alarm) != 0 && st.alarm <= at))
    return;
  st.alarm = at;
  self->send(st.peers.timers, wake_at{at, 0}, timer_listener{self});
}

/// What is durable: shows the shares, tells the verdict, plans the next look.
void adopt(self_pointer self, detail::experiment_piece& piece) {
  auto& st = self->state;
  const bool first = !st.known;
  st.known = std::move(piece.state);
  st.busy = false;
  if (piece.decision) {
    st.over = true;
    self->send(
      st.peers.supervisor, experiment_is_over{st.number, piece.decision});
    return;
  }
  if (first || piece.moved)
    self->send(
      st.peers.supervisor,
      experiment_shares{st.number, st.known->salt, st.known->live.shares});
  if (piece.more)
    look(self);
  else if (st.again)
    look_soon(self, rest);
  else
    set_alarm(self, piece.look_again);
}

void take(self_pointer self, const experiment_stepped& step) {
  auto& st = self->state;
  auto& piece = *step.piece;
  if (piece.failure) {
    try_again(self, *piece.failure);
    return;
  }
  if (
    !piece.counted && !piece.moved && !piece.decision &&
    piece.state.matured.value < st.stored.value + most_uncommitted) {
    adopt(self, piece);
    return;
  }
  const auto matured = piece.state.matured;
  self->request(st.peers.journal, 60s, commit_batch{std::move(piece.batch)})
    .await(
      [self, matured, taken = step.piece](committed) {
        self->state.stored = matured;
        adopt(self, *taken);
      },
      [self](caf::error& failure) { try_again(self, from_caf(failure)); });
}

} // namespace

experiment_actor::behavior_type experiment(
  self_pointer self, experiment_peers peers, experiment_number number) {
  self->state.peers = std::move(peers);
  self->state.number = number;
  look(self);
  return {
    [self](const history_grew&) {
      auto& st = self->state;
      st.again = true;
      if (!st.busy && !st.over)
        look_soon(self, rest);
    },
    [self](due) {
      auto& st = self->state;
      st.alarm = {};
      st.again = true;
      // What matures soon after comes along.
      if (!st.busy && !st.over)
        look_soon(self, rest);
    },
    [self](poll_atom) { look(self); },
    [self](const experiment_stepped& step) { take(self, step); },
  };
}

} // namespace ratchet::actors
