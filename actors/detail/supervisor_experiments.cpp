#include "actors/detail/supervisor_experiments.hpp"

#include "actors/detail/experiment_setup.hpp"
#include "actors/errors.hpp"
#include "actors/experiment.hpp"
#include "base/log.hpp"
#include "storage/registry.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;

constexpr duration restart_delay = 1s;

std::string text(experiment_number n) {
  return std::to_string(n.value);
}

void complain(
  supervisor_pointer self, const std::string& what, const error& reason) {
  log(
    log_level::error, what,
    {{"loop", self->state.peers.loop->name}, {"error", reason.message}});
}

void serve_again(supervisor_pointer self) {
  if (auto served = serve_champion(self->state); !served)
    complain(self, "cannot serve the arms of an experiment", served.err());
}

/// An iteration without an actor asks when it has one again.
void tell(
  supervisor_pointer self, iteration_number number, experiment_told told) {
  const auto it = self->state.iterations.find(number);
  if (it != self->state.iterations.end())
    self->send(it->second, std::move(told));
}

void end_follower(supervisor_pointer self) {
  auto& follower = self->state.experiment;
  if (!follower)
    return;
  self->demonitor(follower.address());
  // An alarm holds its listener.
  self->send(self->state.peers.timers, forget_atom{}, timer_listener{follower});
  self->send_exit(follower, caf::exit_reason::user_shutdown);
  follower = nullptr;
}

/// The verdict that the loop has for this attempt; null: none yet.
const workflows::experiment_ended*
find_verdict(const supervisor_state& st, const experiment_wanted& wish) {
  const auto& ended = st.machine.experiments_ended;
  const auto it = ended.find(wish.request.iteration);
  const bool found = it != ended.end() &&
    it->second.stage == wish.request.stage &&
    it->second.attempt == wish.request.attempt;
  return found ? &it->second : nullptr;
}

} // namespace

void follow_experiment(supervisor_pointer self) {
  auto& st = self->state;
  if (!st.machine.experiment || st.experiment)
    return;
  st.experiment = self->spawn<caf::linked>(
    experiment,
    experiment_peers{
      st.peers.node, st.peers.loop, st.peers.journal, st.peers.readers,
      st.peers.timers, supervisor_actor{self}},
    st.machine.experiment->number);
  self->monitor(st.experiment);
}

bool experiment_down(supervisor_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  if (!st.experiment || st.experiment.address() != down.source)
    return false;
  log(
    log_level::warning, "an experiment's actor failed; reading it back",
    {{"loop", st.peers.loop->name}, {"reason", to_string(down.reason)}});
  st.experiment = nullptr;
  self->delayed_send(self, restart_delay, due{experiment_token});
  return true;
}

void handle_wanted(supervisor_pointer self, const experiment_wanted& wish) {
  carry_out(
    self, workflows::want_experiment{wish.request}, {},
    [self, wish](const caf::error* failure, bool) {
      const auto& [number, stage, attempt, fingerprint, challengers] =
        wish.request;
      if (failure != nullptr) {
        const auto e = from_caf(*failure);
        tell(
          self, number,
          {stage,
           attempt,
           {},
           workflows::attempt_failure{.code = e.code, .message = e.message}});
      } else if (const auto* ended = find_verdict(self->state, wish)) {
        tell(self, number, {stage, attempt, ended->verdict, {}});
      }
    });
}

void handle_left(supervisor_pointer self, const experiment_left& word) {
  carry_out(
    self, workflows::quit_experiment{word.iteration, word.stage, word.attempt},
    {}, ignore);
}

void handle_shares(supervisor_pointer self, const experiment_shares& told) {
  auto& st = self->state;
  if (!st.machine.experiment || st.machine.experiment->number != told.number)
    return;
  st.shares = told;
  serve_again(self);
}

void handle_over(supervisor_pointer self, const experiment_is_over& told) {
  auto& st = self->state;
  if (!st.machine.experiment || st.machine.experiment->number != told.number)
    return;
  auto verdict = verdict_of(*st.machine.experiment, told.decision->decision);
  version_lineage record;
  record.decision = told.decision;
  carry_out(
    self, workflows::end_experiment{std::move(verdict)}, std::move(record),
    [self](const caf::error* failure, bool) {
      if (failure == nullptr || !self->state.experiment)
        return;
      // Its follower comes to the same verdict once more.
      complain(
        self, "cannot record the verdict of an experiment; trying again",
        from_caf(*failure));
      self->send_exit(self->state.experiment, caf::exit_reason::user_shutdown);
    });
}

void take_effect(
  supervisor_pointer self, const workflows::experiment_begun& event) {
  log(
    log_level::info, "experiment began",
    {{"loop", self->state.peers.loop->name},
     {"experiment", text(event.number)},
     {"iteration", text(event.request.iteration)},
     {"champion", std::to_string(event.champion.value)}});
  follow_experiment(self);
}

void take_effect(
  supervisor_pointer self, const workflows::experiment_ended& event) {
  auto& st = self->state;
  log(
    log_level::info, "experiment ended",
    {{"loop", st.peers.loop->name},
     {"experiment", text(event.verdict.experiment)},
     {"iteration", text(event.iteration)},
     {"outcome", std::string{to_string(event.verdict.outcome)}},
     {"sentence", event.verdict.sentence}});
  if (st.shares && st.shares->number == event.verdict.experiment) {
    st.shares.reset();
    serve_again(self);
  }
  if (event.verdict.experiment.value != 0)
    end_follower(self);
  tell(self, event.iteration, {event.stage, event.attempt, event.verdict, {}});
}

result<std::shared_ptr<const served_experiment>>
served_arms(const supervisor_state& st) {
  const auto& running = st.machine.experiment;
  if (!running || !st.shares || st.shares->number != running->number)
    return std::shared_ptr<const served_experiment>{};
  auto served = std::make_shared<served_experiment>();
  served->number = running->number;
  served->salt = st.shares->salt;
  served->shares = st.shares->shares;
  for (const auto version : running->request.challengers) {
    const auto found =
      st.peers.node->registry->version(st.peers.loop->number, version);
    if (!found)
      return found.err();
    served->challengers.push_back(
      {version, found->artifact.digest, found->artifact.name, {}});
  }
  return std::shared_ptr<const served_experiment>{std::move(served)};
}

} // namespace ratchet::actors::detail
