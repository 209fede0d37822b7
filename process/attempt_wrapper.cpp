// The wrapper: the process that runs one attempt's command, takes down its
// output, and leaves the end marker. It has one thread and lives as long as
// the attempt.

#include "process/attempt_process.hpp"
#include "process/detail/attempt_files.hpp"
#include "process/detail/capped_log.hpp"
#include "process/detail/child.hpp"
#include "process/detail/descendants.hpp"
#include "process/detail/file.hpp"
#include "process/detail/identity.hpp"
#include "process/detail/lock.hpp"
#include "process/detail/wrapper_report.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace ratchet::process {

namespace {

using std::filesystem::path;
using steady = std::chrono::steady_clock;

/// How long a full disk may delay the end marker before it is given up, and
/// the attempt thereby lost.
constexpr std::chrono::seconds marker_patience{60};
/// How long processes may take to vanish after SIGKILL.
constexpr std::chrono::seconds kill_patience{2};

void report(std::string_view line) {
  static_cast<void>(
    detail::write_all(detail::report_fd, std::string{line} + "\n"));
  ::close(detail::report_fd);
}

/// Signals as events. SIGTERM and SIGINT go on to the command, so that the
/// end marker is written also then; nothing but SIGKILL ends the wrapper.
detail::unique_fd catch_signals() {
  sigset_t set;
  ::sigfillset(&set);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT})
    ::sigaddset(&set, signal);
  return detail::unique_fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

/// Runs one command to its end; the lock is held all the while.
class attempt {
public:
  attempt(
    path dir, detail::resolved_command command, detail::capped_log log,
    detail::unique_fd signals)
      : dir_(std::move(dir)), command_(std::move(command)),
        log_(std::move(log)), signals_(std::move(signals)) {}

  /// Brings the command to life. Nothing ran if it fails.
  result<void> begin();
  /// Takes down output until the command and its descendants have ended.
  void follow();
  /// Makes the log durable and returns how it all ended.
  attempt_status finish();

private:
  void wait_for_events(int timeout_ms);
  void on_signals();
  void on_output();
  void look_for_end();
  void drain();

  path dir_;
  detail::resolved_command command_;
  detail::capped_log log_;
  detail::unique_fd signals_;
  detail::waiting_child child_;
  attempt_status status_;
  bool ended_ = false;
};

result<void> attempt::begin() {
  auto child = detail::fork_command(command_);
  if (!child)
    return child.err();
  child_ = std::move(*child);
  const auto identity = detail::identify(child_.pid);
  if (!identity)
    return error{errc::io_error, "cannot read /proc; is it mounted?"};
  status_.started = system_wall_clock{}.now();
  // On disk before the first instruction: after a power failure, "no pid
  // file" means that nothing ran.
  if (auto written = detail::write_durably(
        dir_, detail::pid_name,
        detail::encode(detail::pid_record{*identity, status_.started}));
      !written)
    return written.err();
  status_.state = attempt_state::exited;
  status_.message = detail::release(child_);
  if (!status_.message.empty())
    status_.state = attempt_state::start_failed;
  return {};
}

void attempt::follow() {
  while (!ended_)
    wait_for_events(-1);
  const auto deadline = steady::now() + command_.linger;
  while (child_.output.valid() && steady::now() < deadline)
    wait_for_events(static_cast<int>(
      std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now())
        .count()));
  // The attempt is over, for all of it: the next one must not meet leftovers
  // of this one.
  detail::end_descendants(child_.pid, kill_patience);
  drain();
}

attempt_status attempt::finish() {
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

void attempt::wait_for_events(int timeout_ms) {
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

void attempt::on_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    const auto signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD)
      look_for_end();
    else if (!ended_)
      ::kill(-child_.pid, signal);
  }
}

void attempt::on_output() {
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
void attempt::look_for_end() {
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
void attempt::drain() {
  if (child_.output.valid())
    ::fcntl(child_.output.get(), F_SETFL, O_NONBLOCK);
  const auto deadline = steady::now() + kill_patience;
  pollfd ready{child_.output.get(), POLLIN, 0};
  while (child_.output.valid() && ::poll(&ready, 1, 0) > 0 &&
         steady::now() < deadline)
    on_output();
}

/// A full disk may be emptied by somebody; until then the attempt counts as
/// running.
result<void> write_marker(const path& dir, const attempt_status& status) {
  const auto deadline = steady::now() + marker_patience;
  for (;;) {
    auto written =
      detail::write_durably(dir, detail::exit_name, detail::encode(status));
    if (written || steady::now() >= deadline)
      return written;
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

/// The lock, if this directory's command may run now: nobody else has it, and
/// nothing says that the command ran or that it may not.
result<std::optional<detail::attempt_lock>> take_charge(const path& dir) {
  auto lock = detail::attempt_lock::try_acquire(dir);
  if (!lock || !*lock)
    return lock;
  for (const auto name : {detail::exit_name, detail::pid_name})
    if (::access((dir / name).c_str(), F_OK) == 0)
      return std::optional<detail::attempt_lock>{};
  return lock;
}

/// The wrapper under the lock, up to the report. Errors: nothing ran.
result<attempt> set_up(const path& dir) {
  auto command = detail::read_command(dir);
  if (!command)
    return command.err();
  if (!*command)
    return error{errc::not_found, dir.string() + " holds no spec"};
  auto log =
    detail::capped_log::create(log_path(dir), (*command)->log_cap_bytes);
  if (!log)
    return log.err();
  auto signals = catch_signals();
  if (!signals.valid())
    return error{
      errc::io_error, "cannot watch signals: " + detail::describe_errno(errno)};
  // Descendants whose parents are gone come to us, so that they can be ended.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  attempt running{
    dir, std::move(**command), std::move(*log), std::move(signals)};
  if (auto begun = running.begin(); !begun)
    return begun.err();
  return running;
}

int run(const path& dir) {
  const auto lock = take_charge(dir);
  if (!lock || !*lock) {
    report(
      lock ? std::string{detail::report_refused}
           : std::string{detail::report_error} + lock.err().message);
    return 1;
  }
  auto running = set_up(dir);
  if (!running) {
    report(std::string{detail::report_error} + running.err().message);
    return 1;
  }
  report(detail::report_ok);
  running->follow();
  return write_marker(dir, running->finish()) ? 0 : 1;
}

} // namespace

bool is_wrapper_call(int argc, char** argv) {
  return argc > 1 && argv[1] == wrapper_argument;
}

int wrapper_main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(
      stderr, "ratchet: %s is for the engine's own use\n",
      std::string{wrapper_argument}.c_str());
    return 64;
  }
  // Keep the number taken, so that no file of ours comes to be there.
  if (::fcntl(detail::report_fd, F_SETFD, FD_CLOEXEC) != 0) {
    const auto null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null != detail::report_fd)
      ::dup3(null, detail::report_fd, O_CLOEXEC);
  }
  // The engine waits for this process; the wrapper is its child's child, and
  // so nobody's zombie.
  ::setsid();
  const auto wrapper = ::fork();
  if (wrapper != 0) {
    if (wrapper < 0)
      report(
        std::string{detail::report_error} +
        "cannot fork: " + detail::describe_errno(errno));
    ::_exit(wrapper < 0 ? 1 : 0);
  }
  ::umask(077);
  std::error_code failure;
  const auto dir = std::filesystem::canonical(argv[2], failure);
  // Not to keep the engine's working directory busy.
  if (failure || ::chdir(dir.c_str()) != 0) {
    report(
      std::string{detail::report_error} + "cannot enter " + argv[2] + ": " +
      detail::describe_errno(failure ? failure.value() : errno));
    return 1;
  }
  return run(dir);
}

} // namespace ratchet::process
