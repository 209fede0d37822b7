#include "process/detail/identity.hpp"

#include "process/attempt_process.hpp"
#include "process/detail/file.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <sstream>
#include <string_view>
#include <thread>

namespace ratchet::process::detail {

namespace {

std::filesystem::path proc(pid_t pid) {
  return std::filesystem::path{"/proc"} / std::to_string(pid);
}

const std::string& this_boot() {
  static const auto id = []() -> std::string {
    const auto text = read_file("/proc/sys/kernel/random/boot_id");
    if (!text || !*text)
      return {};
    return (*text)->substr(0, (*text)->find('\n'));
  }();
  return id;
}

bool carries_mark(pid_t pid, const std::string& mark) {
  // Another user's process cannot be read, and is none of ours.
  const auto text = read_file(proc(pid) / "environ");
  if (!text || !*text)
    return false;
  const auto& environment = **text;
  for (auto at = environment.find(mark); at != std::string::npos;
       at = environment.find(mark, at + 1)) {
    const auto end = at + mark.size();
    if (
      (at == 0 || environment[at - 1] == '\0') &&
      (end == environment.size() || environment[end] == '\0'))
      return true;
  }
  return false;
}

/// Whether the number of the command's group still means that group. While a
/// group has members the kernel gives its number to no new process, so: the
/// leader is there itself, or nobody has its number.
bool group_is_ours(const std::optional<process_identity>& identity) {
  if (!identity || identity->boot_id != this_boot())
    return false;
  const auto leader = read_process_stat(identity->pid);
  return !leader || leader->start_ticks == identity->start_ticks;
}

bool is_leftover(
  pid_t pid, const std::string& mark,
  const std::optional<process_identity>& group) {
  const auto stat = read_process_stat(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X')
    return false;
  // With the leader gone, the session tells our group from a later one that
  // came to the same number and lost its leader too.
  if (
    group && stat->group == group->pid && stat->session == group->session &&
    stat->start_ticks >= group->start_ticks)
    return true;
  return carries_mark(pid, mark);
}

std::string mark_of(const std::filesystem::path& attempt_dir) {
  return std::string{directory_variable} + "=" + attempt_dir.native();
}

/// Kills exactly this process: between the descriptor and the signal its
/// number cannot come to mean another.
void kill_leftover(
  pid_t pid, const std::string& mark,
  const std::optional<process_identity>& group) {
  // By number: glibc 2.36's <sys/pidfd.h> forgets that this may be C++.
  const unique_fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process.valid()) {
    if (errno == ENOSYS)
      ::kill(pid, SIGKILL);
    return;
  }
  if (is_leftover(pid, mark, group))
    ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

} // namespace

std::optional<process_stat> read_process_stat(pid_t pid) {
  const auto text = read_file(proc(pid) / "stat");
  if (!text || !*text)
    return std::nullopt;
  // The second field is the program's name in parentheses, which may itself
  // hold blanks and parentheses.
  const auto name_end = (*text)->rfind(')');
  if (name_end == std::string::npos)
    return std::nullopt;
  std::istringstream rest{(*text)->substr(name_end + 1)};
  process_stat stat;
  pid_t parent = 0;
  rest >> stat.state >> parent >> stat.group >> stat.session;
  std::string skipped;
  for (int field = 7; field < 22; ++field)
    rest >> skipped;
  rest >> stat.start_ticks;
  if (!rest)
    return std::nullopt;
  return stat;
}

std::optional<process_identity> identify(pid_t pid) {
  const auto stat = read_process_stat(pid);
  if (!stat || this_boot().empty())
    return std::nullopt;
  return process_identity{pid, stat->session, stat->start_ticks, this_boot()};
}

bool still_exists(const process_identity& identity) {
  if (identity.boot_id != this_boot())
    return false;
  const auto stat = read_process_stat(identity.pid);
  return stat && stat->start_ticks == identity.start_ticks;
}

std::vector<pid_t> find_leftovers(
  const std::filesystem::path& attempt_dir,
  const std::optional<process_identity>& identity) {
  const auto mark = mark_of(attempt_dir);
  const auto group = group_is_ours(identity) ? identity : std::nullopt;
  std::vector<pid_t> found;
  std::error_code failure;
  std::filesystem::directory_iterator entry{"/proc", failure};
  for (; !failure && entry != std::filesystem::directory_iterator{};
       entry.increment(failure)) {
    const auto name = entry->path().filename().string();
    pid_t pid = 0;
    const auto* end = name.data() + name.size();
    if (
      std::from_chars(name.data(), end, pid).ptr == end && pid != ::getpid() &&
      is_leftover(pid, mark, group))
      found.push_back(pid);
  }
  return found;
}

result<void> end_leftovers(
  const std::filesystem::path& attempt_dir,
  const std::optional<process_identity>& identity, duration patience) {
  const auto mark = mark_of(attempt_dir);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = find_leftovers(attempt_dir, identity);
    if (left.empty())
      return {};
    if (std::chrono::steady_clock::now() >= deadline)
      return error{
        errc::unavailable,
        "attempt " + attempt_dir.filename().string() + ": process " +
          std::to_string(left.front()) +
          " was killed but is not gone; try again"};
    const auto group = group_is_ours(identity) ? identity : std::nullopt;
    for (const auto pid : left)
      kill_leftover(pid, mark, group);
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

} // namespace ratchet::process::detail
