#include "process/attempt_process.hpp"

#include "process/detail/attempt_files.hpp"
#include "process/detail/file.hpp"
#include "process/detail/identity.hpp"
#include "process/detail/lock.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <system_error>

namespace ratchet::process {

namespace {

using std::filesystem::path;

constexpr duration leftover_patience{std::chrono::seconds{2}};

std::string name_of(const path& attempt_dir) {
  return "attempt " + attempt_dir.filename().string();
}

attempt_status undeclared_loss(const path& attempt_dir, time_point started) {
  attempt_status status;
  status.state = attempt_state::lost;
  status.message =
    name_of(attempt_dir) + ": its wrapper died without leaving an end marker";
  status.started = started;
  return status;
}

} // namespace

std::string describe(const attempt_status& status) {
  switch (status.state) {
  case attempt_state::not_started:
    return "not started";
  case attempt_state::running:
    return "running";
  case attempt_state::start_failed:
    return "could not be started: " + status.message;
  case attempt_state::lost:
    return "lost: " + status.message;
  case attempt_state::exited:
    break;
  }
  if (status.signal == 0)
    return "exited with code " + std::to_string(status.exit_code);
  const char* words = ::sigdescr_np(status.signal);
  return "killed by signal " + std::to_string(status.signal) +
    (words != nullptr ? " (" + std::string{words} + ")" : "");
}

path log_path(const path& attempt_dir) {
  return attempt_dir / detail::log_name;
}
path output_path(const path& attempt_dir) {
  return attempt_dir / detail::output_name;
}

result<attempt_status> inspect(const path& attempt_dir) {
  auto end = detail::read_status(attempt_dir);
  if (!end)
    return end.err();
  if (*end)
    return **end;
  // The pid file before the lock: it is written under the lock, which then
  // stays held until the marker is there. So "pid file, then no lock, then no
  // marker" is a wrapper that died, and not one that is just starting.
  const auto pid = detail::read_pid(attempt_dir);
  if (!pid && pid.err().code != errc::corruption)
    return pid.err();
  const bool has_run = !pid || *pid;
  const auto started = pid && *pid ? (*pid)->started : time_point{};
  const auto held = detail::attempt_lock::is_held(attempt_dir);
  if (!held)
    return held.err();
  attempt_status status;
  status.started = started;
  if (*held) {
    status.state = attempt_state::running;
    return status;
  }
  end = detail::read_status(attempt_dir);
  if (!end)
    return end.err();
  if (*end)
    return **end;
  return has_run ? undeclared_loss(attempt_dir, started) : status;
}

result<void> send_signal(const path& attempt_dir, int signal) {
  const auto status = inspect(attempt_dir);
  if (!status)
    return status.err();
  if (status->state != attempt_state::running)
    return error{
      errc::not_found,
      name_of(attempt_dir) + " has no running command: " + describe(*status)};
  const auto record = detail::read_pid(attempt_dir);
  if (!record)
    return record.err();
  // While its wrapper lives the command stays at least as a zombie, so that
  // neither its number nor its group's can come to mean others.
  if (!*record || !detail::still_exists((*record)->identity))
    return error{
      errc::unavailable,
      name_of(attempt_dir) + " is just starting or ending; try again"};
  if (::kill(-(*record)->identity.pid, signal) == 0)
    return {};
  if (errno == ESRCH)
    return error{
      errc::unavailable, name_of(attempt_dir) + " is just ending; try again"};
  return error{
    errc::io_error,
    "cannot signal " + name_of(attempt_dir) + ": " +
      detail::describe_errno(errno)};
}

result<attempt_status> declare_lost(const path& attempt_dir) {
  std::error_code failure;
  std::filesystem::create_directory(attempt_dir, failure);
  const auto dir = std::filesystem::canonical(attempt_dir, failure);
  if (failure)
    return detail::io_failure("find", attempt_dir, failure.value());
  const auto lock = detail::attempt_lock::try_acquire(dir);
  if (!lock)
    return lock.err();
  if (!*lock)
    return error{
      errc::conflict,
      name_of(dir) +
        " has a living wrapper; end its command "
        "first, or wait for it"};
  auto end = detail::read_status(dir);
  if (!end)
    return end.err();
  if (*end)
    return **end;
  // A torn pid file tells nothing; the mark in the environment still does.
  const auto record = detail::read_pid(dir);
  if (!record && record.err().code != errc::corruption)
    return record.err();
  std::optional<detail::process_identity> identity;
  time_point started;
  if (record && *record) {
    identity = (*record)->identity;
    started = (*record)->started;
  }
  // First the leftovers, then the marker: an engine that dies in between
  // leaves an attempt that the next one declares lost again.
  if (auto gone = detail::end_leftovers(dir, identity, leftover_patience);
      !gone)
    return gone.err();
  auto status = undeclared_loss(dir, started);
  if (!record || !*record)
    status.message = name_of(dir) + ": no wrapper took charge of it";
  status.ended = system_wall_clock{}.now();
  if (auto written =
        detail::write_durably(dir, detail::exit_name, detail::encode(status));
      !written)
    return written.err();
  return status;
}

} // namespace ratchet::process
