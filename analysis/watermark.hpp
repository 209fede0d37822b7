#pragma once

#include "base/clock.hpp"

#include <map>
#include <optional>
#include <string>

namespace ratchet::analysis {

/// Up to which event time a history is complete, as far as its sources tell:
/// for each source its largest event time less an allowed lateness, and of
/// these the smallest, because the slowest source decides.
///
/// It never goes back. What depends on it depends on the recorded events
/// alone, never on a clock, so a replay sees the same watermark at the same
/// event.
///
/// Threads: one at a time.
class watermark {
public:
  /// `lateness` is how far behind its latest an event may be and still be in
  /// time: 0 or more.
  explicit watermark(duration lateness) : lateness_(lateness) {}

  /// Takes note of an event; true if the watermark moved. A source that is new
  /// holds back what comes, not what was already passed.
  bool observe(const std::string& source, time_point event_time);

  /// The source has ended or is silent for now: it no longer holds the others
  /// back until its next event. True if the watermark moved.
  bool release(const std::string& source);

  /// None before the first event.
  [[nodiscard]] std::optional<time_point> value() const { return value_; }

private:
  bool advance();

  duration lateness_;
  std::map<std::string, time_point> latest_;
  std::optional<time_point> value_;
};

} // namespace ratchet::analysis
