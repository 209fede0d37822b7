#include "cli/signals.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace ratchet::cli {

namespace {

constexpr std::array ending{SIGINT, SIGTERM, SIGHUP};

std::atomic<int> seen{0};
std::atomic<const char*> last_words_of_process{""};
std::array<int, 2> wake_pipe{-1, -1};
std::array<struct sigaction, ending.size()> before{};
struct sigaction before_pipe {};

extern "C" void on_signal(int number) {
  const auto saved_errno = errno;
  if (seen.fetch_add(1) > 0) {
    const char* words = last_words_of_process;
    [[maybe_unused]] const auto said =
      write(STDOUT_FILENO, words, strlen(words));
    _exit(128 + number);
  }
  const char byte = 0;
  // A full pipe wakes as well as one more byte would.
  [[maybe_unused]] const auto written = write(wake_pipe[1], &byte, 1);
  errno = saved_errno;
}

extern "C" void on_broken_pipe(int) {}

} // namespace

stop_signals::stop_signals(const char* last_words) {
  RATCHET_ASSERT(wake_pipe[0] == -1);
  RATCHET_ASSERT(pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  seen = 0;
  last_words_of_process = last_words;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < ending.size(); ++i)
    sigaction(ending[i], &action, &before[i]);
  // A handler and not SIG_IGN: children would inherit that.
  action.sa_handler = on_broken_pipe;
  sigaction(SIGPIPE, &action, &before_pipe);
}

stop_signals::~stop_signals() {
  for (std::size_t i = 0; i < ending.size(); ++i)
    sigaction(ending[i], &before[i], nullptr);
  sigaction(SIGPIPE, &before_pipe, nullptr);
  close(wake_pipe[0]);
  close(wake_pipe[1]);
  wake_pipe = {-1, -1};
}

bool stop_signals::raised() const {
  return seen.load() > 0;
}

bool stop_signals::wait(duration at_most) const {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!raised()) {
    const auto left = std::chrono::duration_cast<duration>(
      deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      break;
    pollfd wake{wake_pipe[0], POLLIN, 0};
    const auto ms = std::min<std::int64_t>(left.count(), INT_MAX);
    poll(&wake, 1, static_cast<int>(ms));
  }
  return raised();
}

void stop_signals::wait() const {
  while (!raised()) {
    pollfd wake{wake_pipe[0], POLLIN, 0};
    poll(&wake, 1, -1);
  }
}

} // namespace ratchet::cli
