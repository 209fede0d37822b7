#include "actors/detail/absent_iterations.hpp"

#include "base/assert.hpp"
#include "workflows/sleep.hpp"

namespace ratchet::actors::detail {

void absent_iterations::sleep(iteration_number number, time_point until) {
  RATCHET_ASSERT(!wanted_.contains(number));
  forget_sleep(number);
  asleep_.emplace(number, until);
  if (until != workflows::no_wake_up)
    by_time_.emplace(until, number);
  gauge_->fetch_add(1);
}

void absent_iterations::wake(iteration_number number) {
  forget_sleep(number);
  if (wanted_.insert(number).second)
    queue_.push_front(number);
}

void absent_iterations::wake_due(time_point now) {
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    const auto number = by_time_.begin()->second;
    forget_sleep(number);
    wanted_.insert(number);
    queue_.push_back(number);
  }
}

std::optional<time_point> absent_iterations::next_due() const {
  if (by_time_.empty())
    return std::nullopt;
  return by_time_.begin()->first;
}

std::optional<iteration_number> absent_iterations::next_read() {
  if (queue_.empty() || reads_ == most_reads)
    return std::nullopt;
  const auto number = queue_.front();
  queue_.pop_front();
  ++reads_;
  return number;
}

void absent_iterations::arrived(iteration_number number) {
  const auto erased = wanted_.erase(number);
  RATCHET_ASSERT(erased == 1 && reads_ > 0);
  --reads_;
}

void absent_iterations::forget_sleep(iteration_number number) {
  const auto it = asleep_.find(number);
  if (it == asleep_.end())
    return;
  by_time_.erase({it->second, number});
  asleep_.erase(it);
  gauge_->fetch_sub(1);
}

} // namespace ratchet::actors::detail
