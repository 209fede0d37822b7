#include "process/detail/descendants.hpp"

#include "process/detail/file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace ratchet::process::detail {

namespace {

/// The children of this process, zombies included. Empty on a kernel without
/// CONFIG_PROC_CHILDREN: then only the group can be ended.
std::vector<pid_t> children() {
  const auto self = std::to_string(::getpid());
  const auto text = read_file("/proc/" + self + "/task/" + self + "/children");
  std::vector<pid_t> out;
  if (!text || !*text)
    return out;
  std::istringstream numbers{**text};
  for (pid_t pid = 0; numbers >> pid;)
    out.push_back(pid);
  return out;
}

} // namespace

void end_descendants(pid_t leader, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  ::kill(-leader, SIGKILL);
  for (;;) {
    // Killing one brings its own children here, hence the rounds.
    bool any = false;
    for (const auto pid : children()) {
      if (pid == leader)
        continue;
      any = true;
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, WNOHANG);
    }
    if (!any || std::chrono::steady_clock::now() >= deadline)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

} // namespace ratchet::process::detail
