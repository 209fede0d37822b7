#include "actors/supervisor.hpp"

#include "actors/detail/end_children.hpp"
#include "actors/detail/supervisor_areas.hpp"
#include "actors/detail/supervisor_children.hpp"
#include "actors/detail/supervisor_core.hpp"
#include "actors/detail/supervisor_experiments.hpp"
#include "actors/detail/supervisor_requests.hpp"
#include "actors/detail/supervisor_sleep.hpp"
#include "actors/errors.hpp"
#include "base/log.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <set>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = detail::supervisor_pointer;

/// An iteration that fell is read back after this long: what felled it may
/// need a moment to pass.
constexpr duration restart_delay = 500ms;

caf::result<version_number>
handle_register(self_pointer self, const register_made& request) {
  auto promise = self->make_response_promise<version_number>();
  const detail::version_lineage lineage{
    .parent = request.parent,
    .dataset_digest = request.dataset_digest,
    .who = "iteration " + detail::text(request.iteration),
    .note = {}};
  detail::carry_out(
    self,
    workflows::register_version{
      request.attempt_id, request.iteration, request.artifact},
    lineage,
    [self, promise,
     source = request.attempt_id](const caf::error* failure, bool) mutable {
      if (failure != nullptr)
        promise.deliver(*failure);
      else
        promise.deliver(self->state.machine.registered.at(source).version);
    });
  return promise;
}

caf::result<version_number>
handle_promote(self_pointer self, const promote_made& request) {
  auto promise = self->make_response_promise<version_number>();
  detail::carry_out(
    self,
    workflows::promote_version{
      request.iteration, request.version, request.expected, request.reason,
      request.probation},
    {},
    [promise,
     version = request.version](const caf::error* failure, bool) mutable {
      if (failure != nullptr)
        promise.deliver(*failure);
      else
        promise.deliver(version);
    });
  return promise;
}

/// An iteration went down before it reported its end.
void iteration_down(self_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  for (const auto& [number, actor] : st.iterations) {
    if (actor.address() != down.source)
      continue;
    log(
      log_level::warning, "an iteration's actor failed; reading it back",
      {{"loop", st.peers.loop->name},
       {"iteration", detail::text(number)},
       {"reason", to_string(down.reason)}});
    const auto lost = number;
    st.iterations.erase(lost);
    self->delayed_send(self, restart_delay, iteration_loaded{.number = lost});
    return;
  }
}

void handle_loaded(self_pointer self, iteration_loaded& loaded) {
  auto& st = self->state;
  const auto number = loaded.number;
  if (!loaded.plan && !loaded.failure) { // The delay after a fall has passed.
    if (st.machine.running.contains(number) && !st.iterations.contains(number))
      detail::wake(self, number);
    return;
  }
  detail::count_arrival(self, number);
  if (loaded.failure)
    log(
      log_level::error, "cannot read an iteration back",
      {{"loop", st.peers.loop->name},
       {"iteration", detail::text(number)},
       {"error", loaded.failure->message}});
  else if (
    st.machine.running.contains(number) && !st.iterations.contains(number))
    detail::start_iteration(self, loaded.plan, std::move(loaded.state));
  detail::serve_held(self, loaded);
}

void begin(self_pointer self) {
  auto& st = self->state;
  if (auto served = detail::serve_champion(st); !served)
    log(
      log_level::error, "cannot serve the champion",
      {{"loop", st.peers.loop->name}, {"error", served.err().message}});
  detail::tell_promotions(self);
  for (auto& loaded : std::exchange(st.found, {})) {
    if (loaded.failure)
      log(
        log_level::error, "cannot take up an iteration",
        {{"loop", st.peers.loop->name},
         {"iteration", detail::text(loaded.number)},
         {"error", loaded.failure->message}});
    else
      detail::start_iteration(self, loaded.plan, std::move(loaded.state));
  }
  detail::follow_experiment(self);
  detail::look_for_areas(self);
  detail::take_sleepers(self, std::exchange(st.found_asleep, {}));
  detail::carry_out(self, workflows::adopt_loop{}, {}, detail::ignore);
}

const error stopping{errc::unavailable, "the loop is stopping; try again"};

/// What is left to do while the iterations end: refuse. What they report is
/// on disk, and the next start finds it there.
supervisor_actor::behavior_type ending() {
  const auto refused = to_caf(stopping);
  return {
    [](begin_atom) {},
    [](const inputs_changed&) {},
    [](due) {},
    [refused](const operator_request&) -> caf::result<operator_answer> {
      return refused;
    },
    [refused](const register_made&) -> caf::result<version_number> {
      return refused;
    },
    [refused](const promote_made&) -> caf::result<version_number> {
      return refused;
    },
    [](const loop_promoted&) {},
    [refused](const start_child&) -> caf::result<child_started> {
      return refused;
    },
    [refused](const await_child&) -> caf::result<child_ended> {
      return refused;
    },
    [](const iteration_is_over&) {},
    [](const attempts_ran&) {},
    [](const iteration_rests&) { return false; },
    [](const experiment_wanted&) {},
    [](const experiment_left&) {},
    [](const experiment_shares&) {},
    [](const experiment_is_over&) {},
    [](const area_look_made&) {},
    [](const iteration_loaded&) {},
  };
}

/// From below: a stage whose supervisor is gone would have its iteration
/// record a failed attempt.
void end(self_pointer self, const caf::error& reason) {
  auto& st = self->state;
  std::set<caf::actor_addr> actors;
  for (const auto& [number, actor] : st.iterations)
    actors.insert(actor.address());
  if (st.experiment)
    actors.insert(st.experiment.address());
  if (st.areas)
    actors.insert(st.areas.address());
  for (auto& [number, waiting] : std::exchange(st.held, {}))
    waiting.second.deliver(to_caf(stopping));
  detail::refuse_waiting(self, stopping);
  self->become(ending());
  detail::end_children(self, std::move(actors), reason);
}

} // namespace

supervisor_actor::behavior_type supervisor(
  self_pointer self, const caf::actor_addr& parent, supervisor_start start) {
  auto& st = self->state;
  st.peers = std::move(start.peers);
  st.peers.supervisor = self;
  st.machine = std::move(start.machine);
  st.found = std::move(start.running);
  st.found_asleep = std::move(start.asleep);
  st.inputs = std::move(start.inputs);
  st.root = std::move(start.root);
  for (const auto& [number, ran] : start.ran)
    st.compute[number] = {number, ran, {}};
  st.audited = start.audited;
  st.absent.emplace(st.peers.node->stats->iterations_asleep);
  // Iterations are linked, so that none outlives its supervisor; their own
  // ends are told by down messages.
  self->set_exit_handler([self, parent](caf::exit_msg& message) {
    if (message.source == parent)
      end(self, message.reason);
  });
  self->set_down_handler([self](caf::down_msg& down) {
    if (!detail::experiment_down(self, down) && !detail::areas_down(self, down))
      iteration_down(self, down);
  });
  return {
    [self](begin_atom) { begin(self); },
    [self](const inputs_changed& message) {
      auto& state = self->state;
      state.inputs = message.inputs;
      if (state.experiment)
        self->send(
          state.experiment,
          history_grew{state.peers.loop->name, message.inputs.cursor});
      detail::consider(self);
    },
    [self](due alarm) {
      if (alarm.token == detail::sleepers_token) {
        detail::wake_due(self);
        return;
      }
      if (alarm.token == detail::experiment_token) {
        detail::follow_experiment(self);
        return;
      }
      if (alarm.token == detail::areas_token) {
        detail::look_for_areas(self);
        return;
      }
      self->state.look_again = {};
      detail::consider(self);
    },
    [self](operator_request& request) {
      return detail::handle_operator(self, request);
    },
    [self](const register_made& request) {
      return handle_register(self, request);
    },
    [self](const promote_made& request) {
      return handle_promote(self, request);
    },
    [self](const loop_promoted& told) {
      self->state.promotions[told.loop] = told.promotions;
      detail::consider(self);
    },
    [self](const start_child& wish) {
      return detail::start_child_iteration(self, wish);
    },
    [self](const await_child& wish) {
      return detail::await_child_iteration(self, wish);
    },
    [self](const iteration_is_over& report) {
      detail::carry_out(
        self,
        workflows::close_iteration{
          report.number, report.outcome, report.ran, self->state.inputs.joined},
        {}, detail::ignore);
    },
    [self](attempts_ran& told) {
      // One that is closed already is not in flight.
      if (self->state.machine.running.contains(told.number))
        self->state.compute[told.number] = std::move(told);
    },
    [self](const iteration_rests& wish) {
      return detail::let_rest(
        self, wish, caf::actor_cast<caf::actor_addr>(self->current_sender()));
    },
    [self](const experiment_wanted& wish) {
      detail::handle_wanted(self, wish);
    },
    [self](const experiment_left& word) { detail::handle_left(self, word); },
    [self](const experiment_shares& told) {
      detail::handle_shares(self, told);
    },
    [self](const experiment_is_over& told) { detail::handle_over(self, told); },
    [self](const area_look_made& made) { detail::handle_look(self, made); },
    [self](iteration_loaded& loaded) { handle_loaded(self, loaded); },
  };
}

} // namespace ratchet::actors
