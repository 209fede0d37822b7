#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ratchet::api {

/// A few threads for what blocks on the disk, so that the io threads never
/// do. Bounded: at the bound there is back-pressure.
class worker_pool {
public:
  using task = std::function<void()>;

  worker_pool(unsigned threads, std::size_t max_waiting);
  /// Runs what waits, then ends the threads.
  ~worker_pool();
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  /// Runs `work` soon on some thread. False if too much waits already: then
  /// `work` will not run. From any thread.
  [[nodiscard]] bool try_post(task work);
  /// The same without the bound, for the next piece of a transfer that is
  /// under way: there is at most one of those per connection.
  void post(task work);

private:
  void run();

  const std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<task> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace ratchet::api
