#include "process/detail/command_run.hpp"

#include "process/detail/descendants.hpp"
#include "process/detail/identity.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

namespace ratchet::process::detail {

namespace {

using steady = std::chrono::steady_clock;

/// How long processes may take to vanish after SIGKILL.
constexpr std::chrono::seconds kill_patience{2};

} // namespace

unique_fd catch_signals() {
  sigset_t set;
  ::sigfillset(&set);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT})
    ::sigaddset(&set, signal);
  return unique_fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

result<void> command_run::begin() {
  auto child = fork_command(command_);
  if (!child)
    return child.err();
  child_ = std::move(*child);
  const auto identity = identify(child_.pid);
  if (!identity)
    return error{errc::io_error, "cannot read /proc; is it mounted?"};
  status_.started = system_wall_clock{}.now();
  // On disk before the first instruction: after a power failure, "no pid
  // file" means that nothing ran.
  if (auto written = write_durably(
        dir_, pid_name, encode(pid_record{*identity, status_.started}));
      !written)
    return written.err();
  status_.state = attempt_state::exited;
  status_.message = release(child_);
  if (!status_.message.empty())
    status_.state = attempt_state::start_failed;
  return {};
}

void command_run::follow() {
  while (!ended_)
    wait_for_events(-1);
  const auto deadline = steady::now() + command_.linger;
  while (child_.output.valid() && steady::now() < deadline)
    wait_for_events(static_cast<int>(
      std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now())
        .count()));
  // The attempt is over, for all of it: the next one must not meet leftovers
  // of this one.
  end_descendants(child_.pid, kill_patience);
  drain();
}

attempt_status command_run::finish() {
  log_.finish();
  if (status_.state == attempt_state::exited) {
    status_.message = log_.trouble();
  } else {
    // That is how the child said that it ran no program.
    status_.exit_code = 0;
    status_.started = time_point{};
  }
  status_.log_dropped_bytes = log_.dropped_bytes();
  return status_;
}

void command_run::wait_for_events(int timeout_ms) {
  // poll skips negative descriptors, such as an output at its end.
  std::array<pollfd, 2> ready{
    {{signals_.get(), POLLIN, 0}, {child_.output.get(), POLLIN, 0}}};
  if (::poll(ready.data(), ready.size(), timeout_ms) <= 0)
    return;
  if (ready[1].revents != 0)
    on_output();
  if (ready[0].revents != 0)
    on_signals();
}

void command_run::on_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    const auto signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD)
      look_for_end();
    else if (!ended_)
      ::kill(-child_.pid, signal);
  }
}

void command_run::on_output() {
  static std::array<char, 64 * 1024> buffer;
  const auto size = ::read(child_.output.get(), buffer.data(), buffer.size());
  if (size > 0)
    log_.append({buffer.data(), static_cast<std::size_t>(size)});
  else if (size == 0 || (errno != EINTR && errno != EAGAIN))
    child_.output.reset();
}

/// Reaps orphans of the command, but not the command itself: while it is a
/// zombie its number and its group's are given to nobody else, which is what
/// makes `send_signal` safe.
void command_run::look_for_end() {
  siginfo_t info{};
  while (!ended_) {
    info.si_pid = 0;
    if (
      ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid == 0)
      return;
    if (info.si_pid != child_.pid) {
      ::waitpid(info.si_pid, nullptr, 0);
      continue;
    }
    ended_ = true;
    status_.ended = system_wall_clock{}.now();
    if (info.si_code == CLD_EXITED)
      status_.exit_code = info.si_status;
    else
      status_.signal = info.si_status;
  }
}

/// What is still in the pipe, now that those who wrote to it are gone. One
/// that cannot be killed may hold it open and go on writing: never wait, and
/// not for long.
void command_run::drain() {
  if (child_.output.valid())
    ::fcntl(child_.output.get(), F_SETFL, O_NONBLOCK);
  const auto deadline = steady::now() + kill_patience;
  pollfd ready{child_.output.get(), POLLIN, 0};
  while (child_.output.valid() && ::poll(&ready, 1, 0) > 0 &&
         steady::now() < deadline)
    on_output();
}

} // namespace ratchet::process::detail
