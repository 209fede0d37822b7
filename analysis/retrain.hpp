#pragma once

#include "analysis/learning_curve.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// When is it time to train again?
///
/// A state machine without a clock: at each tick of the watermark the caller
/// observes, decides, and, if told to start, records the start before it acts.
/// The same ticks give the same starts.

namespace ratchet::analysis {

struct retrain_policy {
  /// Between the end of a training and the next start. Doubles with each
  /// challenger in a row that fails its gate, up to `max_cooldown`.
  duration cooldown = std::chrono::hours{24};
  duration max_cooldown = std::chrono::hours{24 * 7};
  /// New labels (matured, each counted once, of trusted raters) below which
  /// nothing starts.
  std::uint64_t min_labels = 500;
  /// Labeled rows that a confirmed improvement area needs.
  std::uint64_t area_labels = 200;
  /// New labels that are reason enough.
  std::uint64_t count_labels = 2'000;
  /// Time since the last training that is reason enough.
  duration staleness = std::chrono::hours{24 * 30};
  /// The drop trigger fires at an alarm, or when the metric falls below `low`
  /// (if given), and not again before the metric is back at `high`. The gap
  /// should be two standard errors or more, or noise fires it.
  std::optional<double> low;
  double high = 0;
  /// Net benefit over cost from which a training for labels, area or age pays.
  double min_return = 0.5;
  /// After a training that broke; when used up, people are asked.
  std::vector<duration> back_off{
    std::chrono::hours{1}, std::chrono::hours{4}, std::chrono::hours{24}};

  friend bool
  operator==(const retrain_policy&, const retrain_policy&) = default;
};

/// Errors: `invalid_argument` for a negative duration, or `high` below `low`.
[[nodiscard]] result<void> check(const retrain_policy& policy);

/// What a tick found. On disk: never renumber. In order of precedence.
enum class retrain_verdict : std::uint8_t {
  in_flight = 1,      ///< One training of a model at a time.
  needs_operator = 2, ///< It broke more often than it is tried again.
  backing_off = 3,    ///< It broke a short time ago.
  cooling_down = 4,
  insufficient = 5, ///< Too few new labels.
  drop = 6,         ///< Starts: the metric dropped.
  area = 7,         ///< Starts: an improvement area is confirmed.
  count = 8,        ///< Starts: enough new labels.
  stale = 9,        ///< Starts: the last training is long ago.
  not_worth = 10,   ///< Area, count or age, but it would not pay.
  nothing = 11,
};

[[nodiscard]] constexpr bool starts(retrain_verdict v) {
  return v == retrain_verdict::drop || v == retrain_verdict::area ||
    v == retrain_verdict::count || v == retrain_verdict::stale;
}

/// The drop trigger:
///
///   armed    --alarm, metric < low--> pending
///   pending  --start----------------> disarmed
///   disarmed --metric >= high-------> armed
///   disarmed --its training broke---> pending
///
/// On disk: never renumber.
enum class drop_trigger : std::uint8_t { armed = 1, pending = 2, disarmed = 3 };

/// What is stored of a model's policy.
struct retrain_state {
  drop_trigger drop = drop_trigger::armed;
  /// What the training under way was started for; none if none is.
  std::optional<retrain_verdict> in_flight;
  std::optional<time_point> last_end;
  std::uint64_t starts = 0;       ///< The number of the last start.
  std::uint32_t failed_gates = 0; ///< In a row.
  std::uint32_t broken = 0;       ///< Trainings in a row that broke.
  std::optional<time_point> retry_at;

  friend bool operator==(const retrain_state&, const retrain_state&) = default;
};

/// What a training would cost and bring.
struct retrain_economy {
  std::vector<curve_point> history;
  double labels = 0; ///< In the last training.
  double requests_per_day = 0;
  double days = 0;            ///< For which a better model is used.
  double value_per_error = 0; ///< Of one error less.
  double cost = 0;            ///< Of a training, in the same unit.
};

struct retrain_inputs {
  time_point now; ///< Of the journal, never of a clock.
  std::uint64_t new_labels = 0;
  bool drop_alarm = false;
  std::optional<double> metric; ///< None while nothing matured.
  /// The most labeled rows of a confirmed improvement area, and its name.
  std::optional<std::uint64_t> area_labels;
  std::string area;
  /// Without it a training pays.
  std::optional<retrain_economy> economy;
  bool input_drift = false;
};

struct retrain_decision {
  retrain_verdict verdict = retrain_verdict::nothing;
  /// If the verdict starts: its number. The same until the start is recorded,
  /// so (model, number) starts once, however often it is asked.
  std::optional<std::uint64_t> start;
  /// Of the cost gate, where it was asked: the expected fall of the error, and
  /// benefit less cost.
  std::optional<double> gain;
  std::optional<double> net;
  /// When waiting ends, where it does.
  std::optional<time_point> until;
  /// The input drifted, which starts nothing: label more of what comes now.
  bool asks_for_labels = false;
  /// One sentence for people, with the numbers.
  std::string sentence;
};

/// Moves the drop trigger. Without a metric it can fire by alarm, not rearm.
[[nodiscard]] retrain_state observe(
  const retrain_policy& policy, retrain_state state,
  const retrain_inputs& inputs);

/// What to do, after `observe` of the same inputs. Changes nothing. If several
/// reasons hold, the first in precedence is named; a pending drop stays pending
/// until a start for it.
[[nodiscard]] retrain_decision decide(
  const retrain_policy& policy, const retrain_state& state,
  const retrain_inputs& inputs);

/// A start was recorded. Any start consumes a pending drop: the training is
/// what it asked for.
/// Shape: `decision` starts and is of this state.
[[nodiscard]] retrain_state
started(retrain_state state, const retrain_decision& decision);

/// How a training ended. On disk: never renumber.
enum class retrain_outcome : std::uint8_t {
  passed = 1,      ///< Its challenger passed the gate.
  failed_gate = 2, ///< It did not.
  broke = 3,       ///< There is no challenger: error, timeout, canceled.
};

[[nodiscard]] retrain_state ended(
  const retrain_policy& policy, retrain_state state, retrain_outcome outcome,
  time_point now);

/// An operator looked at a training that kept breaking: tries start over.
[[nodiscard]] retrain_state acknowledged(retrain_state state);

} // namespace ratchet::analysis
