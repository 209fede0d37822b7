#pragma once

#include "base/assert.hpp"
#include "base/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

/// Alarms in the order they are due; equal times in the order they were set.
///
/// A heap of small entries beside a table of the listeners that have any.
/// Taking back a listener's alarms drops it from the table; its entries stay
/// behind, stale, until they come up or are half of the heap and swept out.
///
/// `Listener` is whatever is told; it is held while it has an alarm to come.
/// Cost:   set and pop O(log n), forget O(1), all amortized.
/// Memory: an entry is 32 bytes, a listener with any alarm about 60 more.
template <class Listener>
class alarm_queue {
public:
  struct alarm {
    time_point at;
    std::uint64_t token = 0;
    Listener listener;
  };

  /// `id` tells listeners apart.
  void set(
    std::uint64_t id, const Listener& listener, time_point at,
    std::uint64_t token) {
    auto [it, fresh] = listeners_.try_emplace(id);
    if (fresh)
      it->second = {listener, next_, 0};
    ++it->second.alarms;
    heap_.push_back({at, next_++, id, token});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  /// Takes back all alarms of a listener.
  void forget(std::uint64_t id) {
    const auto it = listeners_.find(id);
    if (it == listeners_.end())
      return;
    stale_ += it->second.alarms;
    listeners_.erase(it);
    if (stale_ > 64 && stale_ > heap_.size() / 2)
      sweep();
    drop_stale_top();
  }

  /// When the next one is due; nothing if there is none.
  [[nodiscard]] std::optional<time_point> next() const {
    if (heap_.empty())
      return std::nullopt;
    return heap_.front().at;
  }

  /// Takes the first one out, if it is due at `now`.
  [[nodiscard]] std::optional<alarm> pop_due(time_point now) {
    if (heap_.empty() || heap_.front().at > now)
      return std::nullopt;
    const auto top = pop();
    const auto it = listeners_.find(top.listener);
    RATCHET_ASSERT(it != listeners_.end());
    alarm out{top.at, top.token, it->second.listener};
    if (--it->second.alarms == 0)
      listeners_.erase(it);
    drop_stale_top();
    return out;
  }

  /// How many are to come.
  [[nodiscard]] std::size_t size() const { return heap_.size() - stale_; }
  /// With those taken back that still take room.
  [[nodiscard]] std::size_t entries() const { return heap_.size(); }

private:
  struct entry {
    time_point at;
    std::uint64_t number = 0; ///< In the order they were set.
    std::uint64_t listener = 0;
    std::uint64_t token = 0;
  };
  struct known_listener {
    Listener listener;
    std::uint64_t since = 0; ///< Entries of a lower number were taken back.
    std::size_t alarms = 0;
  };

  static bool later(const entry& a, const entry& b) {
    return a.at != b.at ? a.at > b.at : a.number > b.number;
  }

  [[nodiscard]] bool is_stale(const entry& e) const {
    const auto it = listeners_.find(e.listener);
    return it == listeners_.end() || e.number < it->second.since;
  }

  entry pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const auto top = heap_.back();
    heap_.pop_back();
    return top;
  }

  /// So that the top, if there is one, is always to come.
  void drop_stale_top() {
    while (stale_ > 0 && !heap_.empty() && is_stale(heap_.front())) {
      pop();
      --stale_;
    }
  }

  void sweep() {
    std::erase_if(heap_, [this](const entry& e) { return is_stale(e); });
    heap_.shrink_to_fit();
    std::make_heap(heap_.begin(), heap_.end(), later);
    stale_ = 0;
  }

  std::vector<entry> heap_;
  std::unordered_map<std::uint64_t, known_listener> listeners_;
  std::size_t stale_ = 0; ///< Entries that were taken back.
  std::uint64_t next_ = 0;
};

} // namespace ratchet::actors::detail
