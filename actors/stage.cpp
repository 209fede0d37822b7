#include "actors/stage.hpp"

#include "actors/detail/attempt.hpp"
#include "actors/detail/stage_command.hpp"
#include "actors/detail/stage_core.hpp"
#include "actors/detail/step_recorder.hpp"
#include "actors/errors.hpp"
#include "actors/slots.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = detail::stage_pointer;
using detail::arm;
using detail::conclude;
using detail::deadline_token;
using detail::grace_token;
using detail::listen;
using detail::send_signal;
using detail::site_of;
using detail::start_token;
using detail::tell_failure;
using detail::tell_success;

/// The thread takes the slot over: it is free when the function returns.
void run_on_stage_thread(self_pointer self) {
  auto& st = self->state;
  st.owes_slot->store(false);
  auto with_steps = site_of(st);
  with_steps.remember =
    detail::step_recorder(st.iteration, st.order.unit, st.order.attempt);
  st.peers.stage_threads->post([site = std::move(with_steps),
                                me = stage_actor{self},
                                slots = st.peers.slots] {
    auto report = detail::run_function(site);
    caf::anon_send(slots, release_slot{site.order.id});
    caf::anon_send(me, std::move(report));
  });
}

void start_function(self_pointer self) {
  self->state.phase = attempt_phase::working;
  arm(self, deadline_token, self->state.order.stage->timeout);
  listen(self);
  run_on_stage_thread(self);
}

/// The attempt has its slot, and the journal does not say that it waits.
void launch(self_pointer self) {
  if (self->state.order.stage->kind == workflows::stage_kind::command)
    detail::launch_command(self);
  else
    start_function(self);
}

workflows::slot_claim claim_of(const stage_run_state& st) {
  return claim_for(
    *st.peers.loop, *st.order.stage, st.order.id, st.order.since);
}

void ask_for_slot(self_pointer self) {
  auto& st = self->state;
  st.phase = attempt_phase::waiting;
  st.queued = st.order.queued;
  st.owes_slot->store(true);
  self->send(st.peers.slots, claim_slot{claim_of(st)}, slot_holder{self});
  if (const auto longest = st.order.stage->start_within; longest != duration{0})
    arm(
      self, start_token,
      st.order.since + longest - st.peers.node->clock->now());
}

void slot_granted_now(self_pointer self) {
  auto& st = self->state;
  if (st.phase != attempt_phase::waiting || st.stopping)
    return;
  if (!st.queued) {
    launch(self);
    return;
  }
  st.phase = attempt_phase::placed;
  self->send(st.iteration, attempt_placed{st.order.unit, st.order.attempt});
}

void slot_awaited_on(self_pointer self) {
  auto& st = self->state;
  if (st.phase != attempt_phase::waiting || st.queued || st.stopping)
    return;
  st.queued = true;
  self->send(st.iteration, attempt_waits{st.order.unit, st.order.attempt});
}

void ask_promotion(self_pointer self) {
  auto& st = self->state;
  promote_made request{
    st.order.start.number, st.order.version, st.order.champion,
    st.order.evidence, st.order.stage->promotion.probation};
  self->request(st.peers.supervisor, 60s, std::move(request))
    .then(
      [self](version_number champion) {
        attempt_report report;
        report.output.version = champion;
        report.output.sentence =
          "version " + std::to_string(champion.value) + " is champion";
        tell_success(self, report);
      },
      [self](caf::error& failure) {
        const auto e = from_caf(failure);
        tell_failure(self, {.code = e.code, .message = e.message});
      });
}

/// What the journal says has begun, perhaps under an engine that is gone.
void resume(self_pointer self) {
  auto& st = self->state;
  if (st.order.stage->kind != workflows::stage_kind::command) {
    tell_failure(
      self,
      {.code = errc::unavailable,
       .message = "the engine stopped while it ran",
       .lost = true});
    return;
  }
  // It may run already, and must be taken up at once, slot or no slot.
  st.owes_slot->store(true);
  self->send(st.peers.slots, take_slot{claim_of(st)});
  detail::launch_command(self);
}

void begin(self_pointer self) {
  auto& st = self->state;
  if (st.order.stage->kind == workflows::stage_kind::promote)
    ask_promotion(self);
  else if (st.order.resumed)
    resume(self);
  else
    ask_for_slot(self);
}

/// Asks what runs to stop, and arms the end of the grace. A promotion is
/// either asked for or done: its answer is the truth, so it is waited for.
void stop(self_pointer self) {
  auto& st = self->state;
  if (st.stopping || st.order.stage->kind == workflows::stage_kind::promote)
    return;
  st.stopping = true;
  st.canceled->store(true);
  if (st.phase == attempt_phase::waiting || st.phase == attempt_phase::placed) {
    attempt_report nothing;
    conclude(self, nothing);
    return;
  }
  if (st.phase == attempt_phase::watching)
    send_signal(self, SIGTERM);
  arm(self, grace_token, st.order.stage->grace);
}

/// Stops it: it took longer than it may. `what` says for what.
void time_out(
  self_pointer self, std::string_view name, const std::string& what,
  duration longest) {
  auto& st = self->state;
  if (st.stopping)
    return;
  st.verdict = workflows::attempt_failure{
    .code = errc::timed_out,
    .message =
      "stage \"" + st.order.unit + "\" " + what + format_duration(longest),
    .name = std::string{name}};
  stop(self);
}

void deadline_passed(self_pointer self) {
  time_out(
    self, workflows::close_timeout, "did not end within ",
    self->state.order.stage->timeout);
}

void start_limit_passed(self_pointer self) {
  if (self->state.phase == attempt_phase::waiting)
    time_out(
      self, workflows::start_timeout, "got no slot within ",
      self->state.order.stage->start_within);
}

void look_for_signs(self_pointer self) {
  auto& st = self->state;
  if (!st.silence || st.stopping)
    return;
  std::error_code ignored;
  const auto touched = std::filesystem::last_write_time(
    detail::heartbeat_path(st.peers.node->attempts_dir / st.order.id), ignored);
  if (!ignored && touched != st.touched) {
    st.touched = touched;
    ++*st.beats;
  }
  if (st.silence->is_too_long(st.beats->load(), self->clock().now()))
    time_out(
      self, workflows::heartbeat_timeout, "gave no sign of life within ",
      st.order.stage->heartbeat_within);
  else
    self->delayed_send(self, st.silence->interval(), beat_atom{});
}

void grace_passed(self_pointer self) {
  auto& st = self->state;
  st.killed = true;
  if (st.phase == attempt_phase::watching) {
    send_signal(self, SIGKILL);
  } else if (st.order.stage->kind != workflows::stage_kind::command) {
    // A thread cannot be killed. It keeps its slot until it returns.
    attempt_report nothing;
    conclude(self, nothing);
  }
}

} // namespace

stage_actor::behavior_type stage(
  self_pointer self, iteration_peers peers, iteration_actor iteration,
  attempt_order order) {
  auto& st = self->state;
  st.peers = std::move(peers);
  st.iteration = std::move(iteration);
  st.order = std::move(order);
  st.canceled = std::make_shared<std::atomic<bool>>(false);
  st.beats = std::make_shared<std::atomic<std::uint64_t>>(0);
  st.owes_slot = std::make_shared<std::atomic<bool>>(false);
  // However this actor ends, what runs for it should not go on for long, and
  // its slot is free.
  self->attach_functor([canceled = st.canceled, owes = st.owes_slot,
                        slots = st.peers.slots,
                        id = st.order.id](const caf::error&) {
    canceled->store(true);
    if (owes->load())
      caf::anon_send(slots, release_slot{id});
  });
  return {
    [self](begin_atom) { begin(self); },
    [self](stop_atom) { stop(self); },
    [self](slot_granted) { slot_granted_now(self); },
    [self](slot_awaited) { slot_awaited_on(self); },
    [self](launch_atom) {
      if (self->state.phase == attempt_phase::placed)
        launch(self);
    },
    [self](beat_atom) { look_for_signs(self); },
    [self](attempt_report& report) {
      if (report.started)
        detail::watch_command(self);
      else
        conclude(self, report);
    },
    [self](poll_atom) { detail::look_at_command(self); },
    [self](due alarm) {
      if (alarm.token == deadline_token)
        deadline_passed(self);
      else if (alarm.token == start_token)
        start_limit_passed(self);
      else
        grace_passed(self);
    },
  };
}

} // namespace ratchet::actors
