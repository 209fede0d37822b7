// The engine's side of a start: everything up to the wrapper's answer.

#include "process/attempt_process.hpp"
#include "process/detail/attempt_files.hpp"
#include "process/detail/file.hpp"
#include "process/detail/wrapper_report.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>
#include <vector>

namespace ratchet::process {

namespace {

using std::filesystem::path;

constexpr std::chrono::seconds start_patience{30};
constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

bool passes_through(std::string_view name) {
  for (const std::string_view known :
       {"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR",
        "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CUDA_VISIBLE_DEVICES"})
    if (name == known)
      return true;
  return name.starts_with("LC_") || name.starts_with("PYTHON");
}

result<void> check(const command_spec& spec) {
  const auto refuse = [](std::string why) {
    return error{errc::invalid_argument, "command: " + std::move(why)};
  };
  if (spec.argv.empty() || spec.argv.front().empty())
    return refuse("it names no program; give at least one argument");
  for (std::size_t i = 0; i < spec.argv.size(); ++i)
    if (spec.argv[i].find('\0') != std::string::npos)
      return refuse(
        "argument " + std::to_string(i) + " holds a NUL byte; remove it");
  for (const auto& [name, value] : spec.env) {
    if (
      name.empty() ||
      name.find_first_of(std::string_view{"=\0", 2}) != std::string::npos)
      return refuse("\"" + name + "\" is no name for a variable");
    if (value.find('\0') != std::string::npos)
      return refuse("variable " + name + " holds a NUL byte; remove it");
  }
  if (spec.linger < duration{0})
    return refuse("linger is negative; give 0 or more");
  return {};
}

/// Makes the directory and all a wrapper needs in it. Returns its real path.
result<path> prepare(const path& attempt_dir, const command_spec& spec) {
  std::error_code failure;
  for (const auto& wanted :
       {attempt_dir, attempt_dir / detail::output_name,
        attempt_dir / detail::work_name}) {
    std::filesystem::create_directory(wanted, failure);
    if (failure)
      return detail::io_failure("make directory", wanted, failure.value());
  }
  auto dir = std::filesystem::canonical(attempt_dir, failure);
  if (failure)
    return detail::io_failure("find", attempt_dir, failure.value());
  if (auto synced = detail::sync_directory(dir.parent_path()); !synced)
    return synced.err();
  detail::resolved_command command{
    spec.argv, command_environment(spec), spec.directory, spec.log_cap_bytes,
    spec.linger};
  command.env[std::string{directory_variable}] = dir.native();
  if (command.directory.empty())
    command.directory = dir / detail::work_name;
  // Not durable: nothing that reads it outlives a power failure.
  if (auto written = detail::write_atomically(
        dir, detail::spec_name, detail::encode(command));
      !written)
    return written.err();
  return dir;
}

/// The two structs posix_spawn wants, set up for a wrapper: a session of its
/// own, every signal as a fresh program expects it, /dev/null on 0 to 2, the
/// report pipe on its place, and no other descriptor of the engine.
class spawn_setup {
public:
  explicit spawn_setup(int report_fd) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, report_fd, detail::report_fd);
    for (int fd = 0; fd < detail::report_fd; ++fd)
      ::posix_spawn_file_actions_addopen(
        &actions_, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(
      &actions_, detail::report_fd + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t set;
    ::sigfillset(&set);
    ::posix_spawnattr_setsigdefault(&attributes_, &set);
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes_, &set);
    ::posix_spawnattr_setflags(
      &attributes_,
      static_cast<short>(
        POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
  }
  ~spawn_setup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;

  /// Returns 0 or an errno. Unlike fork it does not copy the page tables of
  /// an engine with gigabytes in memory.
  int spawn(pid_t& pid, const path& program, const path& dir) const {
    auto name = std::string{"ratchet"};
    auto argument = std::string{wrapper_argument};
    auto directory = dir.native();
    std::array<char*, 4> argv{
      name.data(), argument.data(), directory.data(), nullptr};
    return ::posix_spawn(
      &pid, program.c_str(), &actions_, &attributes_, argv.data(), environ);
  }

private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Reads the wrapper's answer: one line. Empty if the pipe closed before.
result<std::string> await_report(int fd) {
  const auto deadline = std::chrono::steady_clock::now() + start_patience;
  std::string text;
  std::array<char, 1024> buffer{};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return error{errc::timed_out, "no answer within 30 s"};
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
      continue;
    const auto size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      return std::string{};
    text.append(buffer.data(), static_cast<std::size_t>(size));
    if (const auto end = text.find('\n'); end != std::string::npos)
      return text.substr(0, end);
  }
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

result<void>
judge(const std::string& report, const path& dir, const path& program) {
  const auto name = "attempt " + dir.filename().string();
  if (report == detail::report_ok)
    return {};
  if (report == detail::report_refused)
    return error{
      errc::already_exists, name + " was started before; inspect it"};
  if (report.starts_with(detail::report_error))
    return error{
      errc::io_error, name + ": " + report.substr(detail::report_error.size())};
  return error{
    errc::io_error,
    name + ": the wrapper " + program.string() +
      " ended without an answer; is it this program?"};
}

} // namespace

std::map<std::string, std::string>
command_environment(const command_spec& spec) {
  std::map<std::string, std::string> env;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry{*at};
    const auto end = entry.find('=');
    if (end != std::string_view::npos && passes_through(entry.substr(0, end)))
      env.emplace(entry.substr(0, end), entry.substr(end + 1));
  }
  env.emplace("PATH", default_path);
  for (const auto& [name, value] : spec.env)
    env[name] = value;
  return env;
}

result<void> start(
  const path& attempt_dir, const command_spec& spec,
  const path& wrapper_program) {
  if (auto sound = check(spec); !sound)
    return sound;
  // The wrapper decides under the lock; this only spares an existing attempt
  // a rewritten spec.
  const auto before = inspect(attempt_dir);
  if (!before)
    return before.err();
  if (before->state != attempt_state::not_started)
    return error{
      errc::already_exists,
      "attempt " + attempt_dir.filename().string() +
        " was started before; inspect it"};
  const auto dir = prepare(attempt_dir, spec);
  if (!dir)
    return dir.err();
  auto pipe = detail::make_pipe();
  if (!pipe)
    return pipe.err();
  pid_t child = 0;
  const auto failure =
    spawn_setup{pipe->write.get()}.spawn(child, wrapper_program, *dir);
  if (failure != 0)
    return detail::io_failure("run the wrapper", wrapper_program, failure);
  pipe->write.reset();
  const auto report = await_report(pipe->read.get());
  // The child forks the wrapper first thing and ends. If even that has not
  // happened by now, no wrapper shall come of it.
  if (!report)
    ::kill(child, SIGKILL);
  reap(child);
  if (!report)
    return error{
      report.err().code,
      "attempt " + dir->filename().string() + ": the wrapper gave " +
        report.err().message + "; inspect the attempt or declare it lost"};
  return judge(*report, *dir, wrapper_program);
}

} // namespace ratchet::process
