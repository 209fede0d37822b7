#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ratchet {

/// Counts durations in fixed buckets; safe to add to from any thread. One
/// relaxed increment per bucket and sum: cheap enough for every request.
class latency_histogram {
public:
  /// Upper bounds in microseconds; a last bucket takes the rest.
  static constexpr std::array<std::uint64_t, 15> bounds_us{
    50,     100,    250,     500,     1'000,   2'500,     5'000,    10'000,
    25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 5'000'000};

  void add(std::chrono::nanoseconds took) {
    const auto us = static_cast<std::uint64_t>(took.count()) / 1000;
    std::size_t bucket = 0;
    while (bucket < bounds_us.size() && us > bounds_us[bucket])
      ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_us_.fetch_add(us, std::memory_order_relaxed);
  }

  /// Observations in bucket `index`, 0 to `bounds_us.size()` inclusive; not
  /// cumulative.
  [[nodiscard]] std::uint64_t count(std::size_t index) const {
    return counts_[index].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t sum_us() const {
    return sum_us_.load(std::memory_order_relaxed);
  }

private:
  std::array<std::atomic<std::uint64_t>, bounds_us.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_us_{0};
};

using counter = std::atomic<std::uint64_t>;

} // namespace ratchet
