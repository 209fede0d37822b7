#include "api/worker_pool.hpp"

#include <utility>

namespace ratchet::api {

worker_pool::worker_pool(unsigned threads, std::size_t max_waiting)
    : max_waiting_(max_waiting) {
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

worker_pool::~worker_pool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

bool worker_pool::try_post(task work) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= max_waiting_)
      return false;
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

void worker_pool::post(task work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void worker_pool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty())
      return;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr; // What it holds is let go of outside the lock.
    lock.lock();
  }
}

} // namespace ratchet::api
