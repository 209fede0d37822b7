#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ratchet::actors::detail {

/// Finds out that an attempt has been silent for too long, by looking at a
/// number that its signs of life change. By the steady clock, from the first
/// look: a wall clock that jumps, or a restart of the engine, ends no attempt.
class silence {
public:
  using clock = std::chrono::steady_clock;

  silence(std::chrono::milliseconds longest, clock::time_point now)
      : longest_(longest), last_sign_(now) {}

  /// How often to look: silence is noticed at most this much too late.
  [[nodiscard]] std::chrono::milliseconds interval() const {
    using std::chrono::milliseconds;
    return std::clamp(longest_ / 8, milliseconds{10}, milliseconds{1000});
  }

  /// True once the number has been the same for too long.
  [[nodiscard]] bool is_too_long(std::uint64_t signs, clock::time_point now) {
    if (signs != signs_) {
      signs_ = signs;
      last_sign_ = now;
    }
    return now - last_sign_ >= longest_;
  }

private:
  std::chrono::milliseconds longest_;
  std::uint64_t signs_ = 0;
  clock::time_point last_sign_;
};

} // namespace ratchet::actors::detail
