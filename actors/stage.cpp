#include "actors/stage.hpp"

#include "actors/detail/attempt.hpp"
#include "actors/errors.hpp"
#include "actors/slots.hpp"
#include "base/log.hpp"
#include "process/attempt_process.hpp"
#include "process/log_tail.hpp"
#include "process/progress.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = stage_actor::stateful_pointer<stage_run_state>;

/// How often a running command is looked at. A look is a few system calls on
/// small files, short enough for a scheduler thread.
constexpr duration watch_interval = 50ms;
/// Tokens of the alarms.
constexpr std::uint64_t deadline_token = 1;
constexpr std::uint64_t grace_token = 2;
constexpr std::uint64_t start_token = 3;

detail::attempt_site site_of(const stage_run_state& st) {
  return {st.peers.node, st.peers.loop, st.peers.plan,
          st.order,      st.canceled,   st.beats};
}

void leave(self_pointer self) {
  auto& st = self->state;
  if (st.has_alarm)
    self->send(st.peers.timers, forget_atom{}, timer_listener{self});
  st.peers.node->progress->clear(
    st.peers.loop->name, st.order.start.number, st.order.unit);
  st.peers.node->heartbeats->close(st.order.id);
  self->quit(); // Which gives the slot back.
}

void tell_failure(self_pointer self, workflows::attempt_failure failure) {
  auto& st = self->state;
  self->send(
    st.iteration,
    attempt_broke{st.order.unit, st.order.attempt, std::move(failure)});
  leave(self);
}

void tell_success(self_pointer self, attempt_report& report) {
  auto& st = self->state;
  self->send(
    st.iteration,
    attempt_finished{
      st.order.unit, st.order.attempt, std::move(report.output),
      report.refused});
  leave(self);
}

/// An attempt that made a model is told only with the model's version.
void register_and_tell(
  self_pointer self, attempt_report report,
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

/// The job is done: tells how, unless nobody waits for the answer any more.
void conclude(self_pointer self, attempt_report& report) {
  auto& st = self->state;
  if (st.verdict) {
    tell_failure(self, *st.verdict);
  } else if (st.stopping) {
    self->send(st.iteration, attempt_stopped{st.order.unit, st.order.attempt});
    leave(self);
  } else if (report.failure) {
    tell_failure(self, std::move(*report.failure));
  } else if (const auto* model = detail::find_model(report.output.artifacts);
             model != nullptr && !st.order.ending) {
    // What cleanup leaves behind is no candidate for anything.
    register_and_tell(self, report, *model);
  } else {
    tell_success(self, report);
  }
}

template <class Job>
void run_on_reader(self_pointer self, Job job) {
  self->send(
    self->state.peers.readers,
    run_job{[job = std::move(job), site = site_of(self->state),
             me = stage_actor{self}] { caf::anon_send(me, job(site)); }});
}

/// The thread takes the slot over: it is free when the function returns.
void run_on_stage_thread(self_pointer self) {
  auto& st = self->state;
  st.owes_slot->store(false);
  st.peers.stage_threads->post(
    [site = site_of(st), me = stage_actor{self}, slots = st.peers.slots] {
      auto report = detail::run_function(site);
      caf::anon_send(slots, release_slot{site.order.id});
      caf::anon_send(me, std::move(report));
    });
}

void arm(self_pointer self, std::uint64_t token, duration wait) {
  const auto at = self->state.peers.node->clock->now() + wait;
  self->send(
    self->state.peers.timers, wake_at{at, token}, timer_listener{self});
  self->state.has_alarm = true;
}

void start_command(self_pointer self) {
  self->state.phase = attempt_phase::working;
  run_on_reader(self, detail::start_command);
}

/// From its real start on it must not be silent for too long.
void listen(self_pointer self) {
  auto& st = self->state;
  const auto longest = st.order.stage->heartbeat_within;
  if (longest == duration{0})
    return;
  st.silence.emplace(longest, self->clock().now());
  self->delayed_send(self, st.silence->interval(), beat_atom{});
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
    start_command(self);
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
    st.order.start.number, st.order.version, st.order.start.champion,
    st.order.evidence};
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
  start_command(self);
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

void send_signal(self_pointer self, int signal) {
  const auto& st = self->state;
  const auto sent =
    process::send_signal(st.peers.node->attempts_dir / st.order.id, signal);
  // Gone already is fine; else the next look or alarm tries again.
  if (!sent && sent.err().code != errc::not_found)
    log(
      log_level::warning, "cannot signal an attempt",
      {{"attempt", st.order.id}, {"error", sent.err().message}});
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

void show_progress(self_pointer self) {
  auto& st = self->state;
  const auto tail = process::read_log(
    process::log_path(st.peers.node->attempts_dir / st.order.id), st.log_offset,
    false);
  if (!tail)
    return;
  st.log_offset = tail->next_offset;
  for (const auto& line : tail->lines)
    if (auto progress = process::parse_progress(line)) {
      ++*st.beats;
      st.peers.node->progress->set(
        st.peers.loop->name, st.order.start.number, st.order.unit,
        {progress->done, std::move(progress->note)});
    }
}

void look(self_pointer self) {
  auto& st = self->state;
  const auto status =
    process::inspect(st.peers.node->attempts_dir / st.order.id);
  if (status && status->state == process::attempt_state::running) {
    show_progress(self);
    if (st.killed)
      send_signal(self, SIGKILL);
    self->delayed_send(self, watch_interval, poll_atom{});
    return;
  }
  st.phase = attempt_phase::working;
  if (!status) {
    tell_failure(
      self, {.code = status.err().code, .message = status.err().message});
    return;
  }
  run_on_reader(self, [end = *status](const detail::attempt_site& site) {
    return detail::finish_command(site, end);
  });
}

/// A command was started or found: watches it to its end.
void watch(self_pointer self) {
  auto& st = self->state;
  st.phase = attempt_phase::watching;
  if (st.stopping) { // Asked for while it was starting.
    send_signal(self, SIGTERM);
  } else {
    // From its real start: after a restart of the engine only the rest.
    const auto status =
      process::inspect(st.peers.node->attempts_dir / st.order.id);
    const auto started = status && to_ms(status->started) != 0
      ? status->started
      : st.peers.node->clock->now();
    arm(
      self, deadline_token,
      started + st.order.stage->timeout - st.peers.node->clock->now());
    listen(self);
  }
  st.peers.node->heartbeats->open(st.order.id, st.beats);
  look(self);
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
        watch(self);
      else
        conclude(self, report);
    },
    [self](poll_atom) { look(self); },
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
