#include "actors/stage.hpp"

#include "actors/detail/attempt.hpp"
#include "actors/errors.hpp"
#include "base/log.hpp"
#include "process/attempt_process.hpp"
#include "process/log_tail.hpp"
#include "process/progress.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <csignal>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = stage_actor::stateful_pointer<stage_run_state>;

/// How often a running command is looked at. A look is a few system calls on
/// small files, short enough for a scheduler thread.
constexpr duration watch_interval = 50ms;
/// Tokens of the two alarms.
constexpr std::uint64_t deadline_token = 1;
constexpr std::uint64_t grace_token = 2;

detail::attempt_site site_of(const stage_run_state& st) {
  return {st.peers.node, st.peers.loop, st.peers.plan, st.order, st.canceled};
}

void leave(self_pointer self) {
  auto& st = self->state;
  if (st.has_slot)
    self->send(st.peers.worker, idle_atom{});
  if (st.has_alarm)
    self->send(st.peers.timers, forget_atom{}, timer_listener{self});
  st.peers.node->progress->clear(
    st.peers.loop->name, st.order.start.number, st.order.stage->name);
  // A slot that was asked for must be taken, to be given back.
  if (st.phase == attempt_phase::waiting)
    st.phase = attempt_phase::told;
  else
    self->quit();
}

void tell_failure(self_pointer self, workflows::attempt_failure failure) {
  auto& st = self->state;
  self->send(
    st.iteration,
    attempt_broke{st.order.stage->name, st.order.attempt, std::move(failure)});
  leave(self);
}

void tell_success(self_pointer self, attempt_report& report) {
  auto& st = self->state;
  self->send(
    st.iteration,
    attempt_finished{
      st.order.stage->name, st.order.attempt, std::move(report.output),
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
    self->send(
      st.iteration, attempt_stopped{st.order.stage->name, st.order.attempt});
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
void run_on(self_pointer self, const worker_actor& threads, Job job) {
  self->send(
    threads,
    run_job{[job = std::move(job), site = site_of(self->state),
             me = stage_actor{self}] { caf::anon_send(me, job(site)); }});
}

void arm(self_pointer self, std::uint64_t token, duration wait) {
  const auto at = self->state.peers.node->clock->now() + wait;
  self->send(
    self->state.peers.timers, wake_at{at, token}, timer_listener{self});
  self->state.has_alarm = true;
}

void start_command(self_pointer self) {
  self->state.phase = attempt_phase::working;
  run_on(self, self->state.peers.readers, detail::start_command);
}

void slot_is_free(self_pointer self) {
  auto& st = self->state;
  const bool too_late = st.phase == attempt_phase::told;
  st.has_slot = true;
  st.phase = attempt_phase::working;
  if (too_late)
    leave(self);
  else
    start_command(self);
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

void begin(self_pointer self) {
  auto& st = self->state;
  switch (st.order.stage->kind) {
  case workflows::stage_kind::promote:
    ask_promotion(self);
    return;
  case workflows::stage_kind::command:
    // One that may run already must be taken up at once, slot or no slot.
    if (st.order.resumed) {
      start_command(self);
      return;
    }
    st.phase = attempt_phase::waiting;
    self->request(st.peers.worker, caf::infinite, acquire_atom{})
      .then([self](slot_granted) { slot_is_free(self); });
    return;
  case workflows::stage_kind::callable:
  case workflows::stage_kind::dataset:
  case workflows::stage_kind::gate:
    if (st.order.resumed) {
      tell_failure(
        self,
        {.code = errc::unavailable,
         .message = "the engine stopped while it ran",
         .lost = true});
      return;
    }
    arm(self, deadline_token, st.order.stage->timeout);
    run_on(self, st.peers.worker, detail::run_function);
    return;
  }
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
  if (st.phase == attempt_phase::waiting) {
    attempt_report nothing;
    conclude(self, nothing);
    return;
  }
  if (st.phase == attempt_phase::watching)
    send_signal(self, SIGTERM);
  arm(self, grace_token, st.order.stage->grace);
}

void deadline_passed(self_pointer self) {
  auto& st = self->state;
  if (st.stopping)
    return;
  st.verdict = workflows::attempt_failure{
    .code = errc::timed_out,
    .message = "stage \"" + st.order.stage->name + "\" did not end within " +
      std::to_string(st.order.stage->timeout.count()) + " ms"};
  stop(self);
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
    if (auto progress = process::parse_progress(line))
      st.peers.node->progress->set(
        st.peers.loop->name, st.order.start.number, st.order.stage->name,
        {progress->done, std::move(progress->note)});
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
  run_on(
    self, st.peers.readers, [end = *status](const detail::attempt_site& site) {
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
  }
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
  // However this actor ends, what runs for it should not go on for long.
  self->attach_functor(
    [canceled = st.canceled](const caf::error&) { canceled->store(true); });
  return {
    [self](begin_atom) { begin(self); },
    [self](stop_atom) { stop(self); },
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
      else
        grace_passed(self);
    },
  };
}

} // namespace ratchet::actors
