#include "api/event_waiters.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t max_waiting = 1024;

} // namespace

event_waiters::event_waiters() : thread_([this] { run(); }) {}

event_waiters::~event_waiters() {
  close();
  thread_.join();
}

std::uint64_t event_waiters::generation(const std::string& loop) const {
  const std::lock_guard lock(mutex_);
  const auto found = generations_.find(loop);
  return found == generations_.end() ? 0 : found->second;
}

bool event_waiters::wait(
  const std::string& loop, std::uint64_t seen, clock::time_point until,
  waiter wake) {
  {
    const std::lock_guard lock(mutex_);
    const auto now_at = generations_.find(loop);
    const bool past =
      (now_at == generations_.end() ? 0 : now_at->second) != seen;
    if (!past && !closed_) {
      if (waiting_.size() >= max_waiting)
        return false;
      waiting_.push_back({loop, until, std::move(wake)});
      changed_.notify_one();
      return true;
    }
  }
  wake();
  return true;
}

void event_waiters::wake(const std::string& loop) {
  std::vector<waiter> calls;
  {
    const std::lock_guard lock(mutex_);
    ++generations_[loop];
    if (waiting_.empty())
      return;
    std::erase_if(waiting_, [&](waiting& each) {
      if (each.loop != loop)
        return false;
      calls.push_back(std::move(each.call));
      return true;
    });
  }
  for (const auto& call : calls)
    call();
}

void event_waiters::close() {
  std::vector<waiting> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    all.swap(waiting_);
  }
  changed_.notify_one();
  for (const auto& each : all)
    each.call();
}

void event_waiters::run() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto next = std::min_element(
      waiting_.begin(), waiting_.end(),
      [](const waiting& a, const waiting& b) { return a.until < b.until; });
    if (next->until > clock::now()) {
      // A copy: others may change the list meanwhile.
      const auto until = next->until;
      changed_.wait_until(lock, until);
      continue;
    }
    auto call = std::move(next->call);
    waiting_.erase(next);
    lock.unlock();
    call();
    lock.lock();
  }
}

} // namespace ratchet::api
