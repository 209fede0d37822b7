#include "actors/detail/stage_command.hpp"

#include "base/log.hpp"
#include "process/attempt_process.hpp"
#include "process/log_tail.hpp"
#include "process/progress.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <csignal>
#include <utility>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;

/// How often a running command is looked at. A look is a few system calls on
/// small files, short enough for a scheduler thread.
constexpr duration watch_interval = 50ms;

} // namespace

void launch_command(stage_pointer self) {
  auto& st = self->state;
  st.phase = attempt_phase::working;
  // Before it runs, so that its first word is heard.
  st.peers.node->heartbeats->open(st.order.id, st.beats);
  run_on_reader(self, start_command);
}

void send_signal(stage_pointer self, int signal) {
  const auto& st = self->state;
  const auto sent =
    process::send_signal(st.peers.node->attempts_dir / st.order.id, signal);
  // Gone already is fine; else the next look or alarm tries again.
  if (!sent && sent.err().code != errc::not_found)
    log(
      log_level::warning, "cannot signal an attempt",
      {{"attempt", st.order.id}, {"error", sent.err().message}});
}

namespace {

void show_progress(stage_pointer self) {
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

} // namespace

void look_at_command(stage_pointer self) {
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
  run_on_reader(self, [end = *status](const attempt_site& site) {
    return finish_command(site, end);
  });
}

void watch_command(stage_pointer self) {
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
  look_at_command(self);
}

} // namespace ratchet::actors::detail
