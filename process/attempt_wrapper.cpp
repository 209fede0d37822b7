// The wrapper: the process that runs one attempt's command, takes down its
// output, and leaves the end marker. It has one thread and lives as long as
// the attempt.

#include "process/attempt_process.hpp"
#include "process/detail/attempt_files.hpp"
#include "process/detail/capped_log.hpp"
#include "process/detail/command_run.hpp"
#include "process/detail/file.hpp"
#include "process/detail/lock.hpp"
#include "process/detail/wrapper_report.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <system_error>
#include <thread>

namespace ratchet::process {

namespace {

using std::filesystem::path;
using steady = std::chrono::steady_clock;

/// How long a full disk may delay the end marker before it is given up, and
/// the attempt thereby lost.
constexpr std::chrono::seconds marker_patience{60};

void report(std::string_view line) {
  static_cast<void>(
    detail::write_all(detail::report_fd, std::string{line} + "\n"));
  ::close(detail::report_fd);
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
  for (const auto name : {detail::exit_name, detail::pid_name}) {
    if (::access((dir / name).c_str(), F_OK) == 0)
      return std::optional<detail::attempt_lock>{};
    if (errno != ENOENT)
      return detail::io_failure("look for", dir / name, errno);
  }
  return lock;
}

/// The wrapper under the lock, up to the report. Errors: nothing ran.
result<detail::command_run> set_up(const path& dir) {
  auto command = detail::read_command(dir);
  if (!command)
    return command.err();
  if (!*command)
    return error{errc::not_found, dir.string() + " holds no spec"};
  auto log =
    detail::capped_log::create(log_path(dir), (*command)->log_cap_bytes);
  if (!log)
    return log.err();
  auto signals = detail::catch_signals();
  if (!signals.valid())
    return error{
      errc::io_error, "cannot watch signals: " + detail::describe_errno(errno)};
  // Descendants whose parents are gone come to us, so that they can be ended.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  detail::command_run running{
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
