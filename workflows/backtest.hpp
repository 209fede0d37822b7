#pragma once

#include "workflows/loop_state.hpp"

#include <string>
#include <vector>

/// What another trigger would have made of what a loop went through: the same
/// decisions as a loop that runs, on what was recorded of one that did.
///
/// Taken over as it was: feedback, moves of the champion, pauses, calls of
/// webhooks, other loops' promotions, looks for improvement areas, and what
/// operators started by hand.
/// Supposed: that each iteration takes the same time, and does not change who
/// serves. Alarms that operators acknowledged count as if nobody had.

namespace ratchet::workflows {

/// A start, or a firing that started nothing.
struct backtest_start {
  time_point at;
  std::string who;      ///< `by_trigger`, or the operator.
  std::string reason;   ///< With the numbers.
  bool skipped = false; ///< As many ran as may, and the policy is to skip.
  bool queued = false;  ///< It had waited for room.

  friend bool
  operator==(const backtest_start&, const backtest_start&) = default;
};

class backtest {
public:
  /// `definition` has the trigger that is tried; it passes `check`. Each
  /// iteration takes `takes`.
  backtest(loop_definition definition, duration takes);

  /// What happened to the loop, in the order in which it did. What the loop's
  /// own trigger decided, and what came of that, is passed over.
  void follow(const loop_event& event);

  /// Looks, as a loop does with new inputs and when it is time.
  void look(const trigger_inputs& inputs, time_point now);

  /// When time alone may change something; epoch: it cannot.
  [[nodiscard]] time_point next_look() const { return next_; }

  [[nodiscard]] const loop_definition& definition() const { return plan_; }
  [[nodiscard]] const loop_state& state() const { return state_; }
  /// In the order of time.
  [[nodiscard]] const std::vector<backtest_start>& starts() const {
    return starts_;
  }

private:
  struct running {
    iteration_number number;
    time_point ends;
  };

  void carry_out(const loop_command& command, time_point now);
  void take(const loop_event& event);
  void end_due(time_point now);

  loop_definition plan_;
  duration takes_;
  loop_state state_;
  trigger_inputs inputs_;
  std::vector<running> running_; ///< The first to end first.
  std::vector<backtest_start> starts_;
  time_point next_;
};

/// What the loop's own trigger and its operators started.
[[nodiscard]] std::vector<backtest_start>
starts_of(const std::vector<loop_event>& events);

/// How long its iterations took: the median of those that have ended; 0: none
/// has.
[[nodiscard]] duration usual_time(const std::vector<loop_event>& events);

[[nodiscard]] time_point time_of(const loop_event& event);

} // namespace ratchet::workflows
