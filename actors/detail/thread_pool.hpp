#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

/// Threads that run what is posted, in order of posting, behind those that
/// answer requests (base/background.hpp). They start when there is work for
/// them, up to `limit`.
class thread_pool {
public:
  thread_pool(std::string name, std::size_t limit)
      : name_(std::move(name)), limit_(limit) {}
  ~thread_pool() { stop(); }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  /// `job` must not throw.
  void post(std::function<void()> job);

  /// Drops what has not begun and waits for what has.
  void stop();

private:
  void run();

  const std::string name_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

} // namespace ratchet::actors::detail
