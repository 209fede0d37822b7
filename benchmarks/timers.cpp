// How late do alarms ring, and what does one cost, with 100,000 of them due
// within 10 seconds?
//
//   bench_timers [--alarms N] [--seconds S]
//
// The actor is the node's, on its thread, with the machine's clock. One
// listener of each thousand alarms counts how late they come. Lateness is from
// the time an alarm was set for to the listener's turn.

#include "actors/timers.hpp"

#include <caf/all.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace ratchet;
using std::chrono::steady_clock;
using std::chrono::system_clock;

/// Before the first alarm is due: the time to set them all.
constexpr duration head_start{2'000};

class lateness {
public:
  explicit lateness(std::size_t expected) : expected_(expected) {
    seen_ms_.reserve(expected);
  }
  void add(double ms) {
    const std::lock_guard lock{mutex_};
    seen_ms_.push_back(ms);
    if (seen_ms_.size() == expected_)
      all_.notify_one();
  }
  std::vector<double> wait() {
    std::unique_lock lock{mutex_};
    all_.wait(lock, [this] { return seen_ms_.size() == expected_; });
    std::sort(seen_ms_.begin(), seen_ms_.end());
    return seen_ms_;
  }

private:
  std::size_t expected_;
  std::mutex mutex_;
  std::condition_variable all_;
  std::vector<double> seen_ms_;
};

/// The token of an alarm is its time.
actors::timer_listener::behavior_type
listener(actors::timer_listener::pointer /*self*/, lateness* seen) {
  return {[seen](actors::due alarm) {
    const auto at = from_ms(static_cast<std::int64_t>(alarm.token));
    seen->add(
      std::chrono::duration<double, std::milli>(system_clock::now() - at)
        .count());
  }};
}

double resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void run_case(std::size_t count, std::size_t each, double seconds) {
  const system_wall_clock clock;
  lateness seen{count};
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 2);
  caf::actor_system system{config};
  auto alarms = system.spawn<caf::detached>(actors::timers, &clock);
  std::vector<actors::timer_listener> listeners;
  for (std::size_t i = 0; i < count; i += each)
    listeners.push_back(system.spawn(listener, &seen));
  const auto memory = resident_bytes();
  const auto cpu = cpu_seconds();
  const auto start = clock.now() + head_start;
  const auto span = static_cast<std::uint64_t>(seconds * 1e3);
  for (std::size_t i = 0; i < count; ++i) {
    // Spread, and in no order: steps by a prime.
    const auto at = start + duration{(i * 7919) % span};
    caf::anon_send(
      alarms, actors::wake_at{at, static_cast<std::uint64_t>(to_ms(at))},
      listeners[i / each]);
  }
  // All are set by then, and none has rung.
  std::this_thread::sleep_until(start - head_start / 10);
  const auto grown = resident_bytes() - memory;
  const auto late = seen.wait();
  const auto spent = cpu_seconds() - cpu;
  const auto at = [&](double q) {
    return late[static_cast<std::size_t>(
      q * static_cast<double>(late.size() - 1))];
  };
  std::printf(
    R"({"bench":"timers","alarms":%zu,"listeners":%zu,"seconds":%.0f,)"
    R"("p50_ms":%.2f,"p99_ms":%.2f,"max_ms":%.2f,"earliest_ms":%.2f,)"
    R"("bytes_per_alarm":%.0f,"cpu_us_per_alarm":%.2f})"
    "\n",
    count, listeners.size(), seconds, at(0.50), at(0.99), at(1), late.front(),
    grown / static_cast<double>(count),
    spent / static_cast<double>(count) * 1e6);
  std::fflush(stdout);
  for (const auto& each_listener : listeners)
    caf::anon_send_exit(each_listener, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(alarms, caf::exit_reason::user_shutdown);
}

} // namespace

int main(int argc, char** argv) {
  std::size_t count = 100'000;
  double seconds = 10;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--alarms") == 0)
      count = static_cast<std::size_t>(std::atoll(argv[i + 1]));
    if (std::strcmp(argv[i], "--seconds") == 0)
      seconds = std::atof(argv[i + 1]);
  }
  run_case(count, 1'000, seconds);
  run_case(count, 1, seconds);
}
