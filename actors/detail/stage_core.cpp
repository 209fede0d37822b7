#include "actors/detail/stage_core.hpp"

#include "actors/errors.hpp"

#include <caf/all.hpp>

#include <chrono>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;

void leave(stage_pointer self) {
  auto& st = self->state;
  if (st.has_alarm)
    self->send(st.peers.timers, forget_atom{}, timer_listener{self});
  // In this order: what it still reports does not stay.
  st.peers.node->heartbeats->close(st.order.id);
  st.peers.node->progress->clear(
    st.peers.loop->name, st.order.start.number, st.order.unit);
  self->quit(); // Which gives the slot back.
}

} // namespace

attempt_site site_of(const stage_run_state& st) {
  return {st.peers.node, st.peers.loop, st.peers.plan,
          st.order,      st.canceled,   st.beats};
}

void tell_failure(stage_pointer self, workflows::attempt_failure failure) {
  auto& st = self->state;
  self->send(
    st.iteration,
    attempt_broke{st.order.unit, st.order.attempt, std::move(failure)});
  leave(self);
}

void tell_success(stage_pointer self, attempt_report& report) {
  auto& st = self->state;
  self->send(
    st.iteration,
    attempt_finished{
      st.order.unit, st.order.attempt, std::move(report.output),
      report.refused});
  leave(self);
}

void tell_suspension(stage_pointer self, suspension wish) {
  auto& st = self->state;
  self->send(
    st.iteration,
    attempt_suspends{st.order.unit, st.order.attempt, std::move(wish)});
  leave(self);
}

namespace {

/// An attempt that made a model is told only with the model's version.
void register_and_tell(
  stage_pointer self, attempt_report report,
  const workflows::artifact_ref& model) {
  auto& st = self->state;
  register_made request{
    .attempt_id = st.order.id,
    .iteration = st.order.start.number,
    .artifact = model,
    .parent = st.order.start.champion,
  };
  for (const auto& [stage, artifacts] : st.order.inputs)
    for (const auto& artifact : artifacts)
      if (artifact.name == "dataset.json")
        request.dataset_digest = artifact.digest;
  self->request(st.peers.supervisor, 60s, std::move(request))
    .then(
      [self, report](version_number version) mutable {
        report.output.version = version;
        tell_success(self, report);
      },
      [self](caf::error& failure) {
        const auto e = from_caf(failure);
        tell_failure(
          self,
          {.code = e.code,
           .message = "cannot register its version: " + e.message});
      });
}

} // namespace

void conclude(stage_pointer self, attempt_report& report) {
  auto& st = self->state;
  if (st.verdict) {
    tell_failure(self, *st.verdict);
  } else if (st.stopping) {
    self->send(st.iteration, attempt_stopped{st.order.unit, st.order.attempt});
    leave(self);
  } else if (report.failure) {
    tell_failure(self, std::move(*report.failure));
  } else if (report.suspended) {
    tell_suspension(self, std::move(*report.suspended));
  } else if (const auto* model = find_model(report.output.artifacts);
             model != nullptr && !st.order.ending) {
    // What cleanup leaves behind is no candidate for anything.
    register_and_tell(self, report, *model);
  } else {
    tell_success(self, report);
  }
}

void arm(stage_pointer self, std::uint64_t token, duration wait) {
  const auto at = self->state.peers.node->clock->now() + wait;
  self->send(
    self->state.peers.timers, wake_at{at, token}, timer_listener{self});
  self->state.has_alarm = true;
}

void listen(stage_pointer self) {
  auto& st = self->state;
  const auto longest = st.order.stage->heartbeat_within;
  if (longest == duration{0})
    return;
  st.silence.emplace(longest, self->clock().now());
  self->delayed_send(self, st.silence->interval(), beat_atom{});
}

} // namespace ratchet::actors::detail
