#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ratchet::api {

/// Requests that wait for a loop's next events (`wait=`). Each is called once:
/// when events came, when its time is up, or when the engine stops.
class event_waiters {
public:
  /// Called on any thread; must not block.
  using waiter = std::function<void()>;
  using clock = std::chrono::steady_clock;

  event_waiters();
  ~event_waiters();
  event_waiters(const event_waiters&) = delete;
  event_waiters& operator=(const event_waiters&) = delete;

  /// A number that changes with every `wake` of the loop: take it before
  /// looking for events, so that none comes unseen between look and wait.
  [[nodiscard]] std::uint64_t generation(const std::string& loop) const;

  /// Calls `wake` once: now if the loop is past `seen` already. False if too
  /// many wait; then it is not called.
  [[nodiscard]] bool wait(
    const std::string& loop, std::uint64_t seen, clock::time_point until,
    waiter wake);

  /// Events of `loop` are durable.
  void wake(const std::string& loop);

  /// Calls all that wait; later waits are called at once.
  void close();

private:
  struct waiting {
    std::string loop;
    clock::time_point until;
    waiter call;
  };

  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::uint64_t> generations_;
  std::vector<waiting> waiting_;
  bool closed_ = false;
  std::thread thread_;
};

} // namespace ratchet::api
