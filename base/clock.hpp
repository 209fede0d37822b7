#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace ratchet {

using duration = std::chrono::milliseconds;

/// A moment on the wall clock, in whole milliseconds since 1970 (UTC). The
/// epoch itself stands for "none".
using time_point = std::chrono::time_point<std::chrono::system_clock, duration>;

[[nodiscard]] constexpr std::int64_t to_ms(time_point t) {
  return t.time_since_epoch().count();
}
[[nodiscard]] constexpr time_point from_ms(std::int64_t ms) {
  return time_point{duration{ms}};
}

/// "2026-08-22T10:15:30.123Z"; always UTC, always milliseconds.
[[nodiscard]] std::string to_iso8601(time_point t);

/// For people, in at most two units: "2h 30min", "90s" is "1min 30s", "0 ms".
[[nodiscard]] std::string format_duration(duration d);

/// Where due times and recorded times come from. Injected, so that tests move
/// it and so that a replica never asks its own. Implementations are safe to
/// call from any thread.
class wall_clock {
public:
  virtual ~wall_clock() = default;
  [[nodiscard]] virtual time_point now() const = 0;
};

/// The machine's clock.
class system_wall_clock final : public wall_clock {
public:
  [[nodiscard]] time_point now() const override;
};

/// A clock that stands still until it is moved.
class manual_clock final : public wall_clock {
public:
  explicit manual_clock(time_point start) : now_ms_(to_ms(start)) {}
  [[nodiscard]] time_point now() const override {
    return from_ms(now_ms_.load());
  }
  void advance(duration by) { now_ms_.fetch_add(by.count()); }
  void set(time_point to) { now_ms_.store(to_ms(to)); }

private:
  std::atomic<std::int64_t> now_ms_;
};

} // namespace ratchet
