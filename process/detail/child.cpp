#include "process/detail/child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <vector>

namespace ratchet::process::detail {

namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (auto& text : strings)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Where `program` may be: itself if it holds a slash, else in each directory
/// of the PATH. Empty entries, which would mean the working directory, are
/// left out.
std::vector<std::string>
candidates(const std::string& program, std::string_view search_path) {
  if (program.find('/') != std::string::npos)
    return {program};
  std::vector<std::string> out;
  while (!search_path.empty()) {
    const auto end = std::min(search_path.find(':'), search_path.size());
    if (end > 0)
      out.push_back(std::string{search_path.substr(0, end)} + "/" + program);
    search_path.remove_prefix(std::min(end + 1, search_path.size()));
  }
  return out;
}

/// Why a program could not be run. `tried` is the file that stood in the way;
/// empty if there was none.
std::string
explain(const resolved_command& command, const std::string& tried, int err) {
  const auto& program = command.argv.front();
  const auto what = "cannot run \"" + program + "\": ";
  if (tried.empty()) {
    if (program.find('/') != std::string::npos)
      return what + describe_errno(err);
    const auto path = command.env.find("PATH");
    return what + "no such program on the PATH (" +
      (path == command.env.end() ? "" : path->second) + ")";
  }
  if (err == ENOENT)
    return what + tried + " needs an interpreter or loader that does not exist";
  if (err == EACCES)
    return what + tried + " is not an executable file";
  if (err == ENOEXEC)
    return what + tried +
      " is neither a program for this machine nor a script with a #! line";
  return what + describe_errno(err);
}

/// Runs the program; returns only if that fails, and then why. Unlike execvp
/// it hands nothing to a shell.
std::string run_program(const resolved_command& command) {
  auto arguments = command.argv;
  std::vector<std::string> variables;
  variables.reserve(command.env.size());
  for (const auto& [name, value] : command.env)
    variables.emplace_back(name).append("=").append(value);
  const auto argv = pointers(arguments);
  const auto envp = pointers(variables);
  const auto path = command.env.find("PATH");
  std::string obstacle;
  int reason = ENOENT;
  for (const auto& candidate : candidates(
         command.argv.front(),
         path == command.env.end() ? std::string_view{} : path->second)) {
    ::execve(candidate.c_str(), argv.data(), envp.data());
    const int err = errno;
    const bool is_there = ::access(candidate.c_str(), F_OK) == 0;
    // A later directory may hold a better one, but the first file of that
    // name is what the user wants to hear of.
    if (obstacle.empty()) {
      reason = err;
      if (is_there)
        obstacle = candidate;
    }
    if (err != ENOENT && err != ENOTDIR && err != EACCES)
      break;
  }
  return explain(command, obstacle, reason);
}

/// Undoes what the wrapper set up for itself, and ties the child to it.
std::string
prepare_process(const resolved_command& command, pid_t wrapper, int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The wrapper may have died before the line above.
  if (::getppid() != wrapper)
    ::_exit(127);
  for (int signal = 1; signal < NSIG; ++signal)
    ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::umask(022);
  const auto null = open_file("/dev/null", O_RDONLY);
  if (
    !null.valid() || ::dup2(null.get(), 0) < 0 || ::dup2(output, 1) < 0 ||
    ::dup2(output, 2) < 0)
    return "cannot set up its input and output: " + describe_errno(errno);
  // All of ours close themselves; this is for those we do not know of.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (::chdir(command.directory.c_str()) != 0)
    return "cannot enter its working directory " + command.directory.native() +
      ": " + describe_errno(errno);
  return {};
}

/// The child's own life. Leaves by exec or _exit only: destructors here would
/// undo things of the wrapper, such as its lock.
[[noreturn]] void child_main(
  const resolved_command& command, pid_t wrapper, int output, int gate,
  int verdict) {
  auto failure = prepare_process(command, wrapper, output);
  char byte = 0;
  ssize_t size = 0;
  do
    size = ::read(gate, &byte, 1);
  while (size < 0 && errno == EINTR);
  if (size == 1) {
    if (failure.empty())
      failure = run_program(command);
    static_cast<void>(write_all(verdict, failure));
  }
  ::_exit(127);
}

} // namespace

result<waiting_child> fork_command(const resolved_command& command) {
  auto output = make_pipe();
  auto gate = make_pipe();
  auto verdict = make_pipe();
  for (const auto* made : {&output, &gate, &verdict})
    if (!*made)
      return made->err();
  const auto wrapper = ::getpid();
  const auto pid = ::fork();
  if (pid < 0)
    return error{
      errc::io_error, "cannot fork the command: " + describe_errno(errno)};
  if (pid == 0) {
    // Else it would wait for its own end of the gate.
    gate->write.reset();
    child_main(
      command, wrapper, output->write.get(), gate->read.get(),
      verdict->write.get());
  }
  // Here too: whichever comes first, the group exists when this returns.
  ::setpgid(pid, pid);
  return waiting_child{
    pid, std::move(output->read), std::move(gate->write),
    std::move(verdict->read)};
}

std::string release(waiting_child& child) {
  // A child that was killed meanwhile must not take the wrapper along; the
  // wrapper ignores SIGPIPE.
  static_cast<void>(write_all(child.gate.get(), "g"));
  child.gate.reset();
  std::string failure;
  std::array<char, 1024> buffer{};
  for (;;) {
    const auto size = ::read(child.verdict.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      return failure;
    failure.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

} // namespace ratchet::process::detail
