#pragma once

#include "workflows/loop_state.hpp"

#include <string>

namespace ratchet::workflows::testing {

/// Of the model test: who is on probation, and what may take them back.
class probation_rules {
public:
  /// Takes note of a move from `champion`, whose alarm was raised or not; says
  /// which rule it breaks, or nothing.
  std::string
  follow(const champion_moved& move, version_number champion, bool raised) {
    const auto before = until_;
    until_ =
      move.probation > duration{0} ? move.at + move.probation : time_point{};
    if (move.probation != duration{0} && !may_begin(move))
      return "only what was promoted over another is on probation";
    if (!move.alarm)
      return {};
    if (move.kind != move_kind::rollback || !raised)
      return "what takes back is an alarm that was raised";
    const auto& reading = move.alarm->reading;
    if (reading.at >= before || reading.version != champion)
      return "an alarm takes back only who is on probation";
    return {};
  }

  /// What the monitor says of the watch `origin` takes the champion back.
  [[nodiscard]] bool
  fails(const drop_reading& reading, std::uint64_t origin) const {
    return reading.record == origin && reading.level == drop_level::alarm &&
      reading.at < until_;
  }

  [[nodiscard]] time_point until() const { return until_; }

private:
  static bool may_begin(const champion_moved& move) {
    return move.kind == move_kind::promotion && move.from.value != 0;
  }

  time_point until_{}; ///< Epoch: nobody is on probation.
};

} // namespace ratchet::workflows::testing
