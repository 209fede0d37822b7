#include "actors/detail/thread_pool.hpp"

#include "base/background.hpp"

#include <utility>

namespace ratchet::actors::detail {

void thread_pool::post(std::function<void()> job) {
  const std::lock_guard lock{mutex_};
  if (stopping_)
    return;
  jobs_.push_back(std::move(job));
  if (jobs_.size() > idle_ && threads_.size() < limit_)
    threads_.emplace_back([this] { run(); });
  else
    changed_.notify_one();
}

void thread_pool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    jobs_.clear();
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (auto& thread : threads)
    thread.join();
}

void thread_pool::run() {
  run_in_background(name_);
  std::unique_lock lock{mutex_};
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_)
      return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

} // namespace ratchet::actors::detail
