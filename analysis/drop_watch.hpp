#pragma once

#include "analysis/drop_detector.hpp"
#include "analysis/moments.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ratchet::analysis {

/// When a metric is taken to have become worse.
struct drop_limits {
  double low = 0; ///< Its range.
  double high = 1;
  double limit = 0;    ///< What its mean must not fall below,
  bool rising = false; ///< or rise above.
  /// Mean time between false alarms; for a warning, the shorter one.
  double days = 30;
  double warn_days = 3;
  /// And at least so many observations between false alarms; 0: no bound.
  std::uint64_t observations = 0;

  friend bool operator==(const drop_limits&, const drop_limits&) = default;
};

/// Errors: `invalid_argument` if the range is empty, the limit not inside it,
///         or a time not above 0.
[[nodiscard]] result<void> check(const drop_limits& limits);

/// What a watch was begun for, by the numbers of records: a watch of another
/// origin begins anew.
struct watch_origin {
  std::uint64_t record = 0; ///< Promotion or acknowledgement; 0: none yet.
  version_number version;   ///< The champion.

  friend bool operator==(const watch_origin&, const watch_origin&) = default;
};

/// On disk: never renumber.
enum class drop_level : std::uint8_t { calm = 1, warning = 2, alarm = 3 };

/// What a watch says, with all that it says it from.
struct drop_finding {
  drop_level level = drop_level::calm;
  double evidence = 0;
  double threshold = 0; ///< Of this level; of the warning while all is calm.
  std::uint64_t observations = 0; ///< Since the watch began.
  double mean = 0;                ///< Of these; 0 without any.
  /// The observations since the drop seems to have begun, and their mean.
  std::uint64_t recent = 0;
  double recent_mean = 0;
  time_point since; ///< When it seems to have begun; epoch: it does not.
  time_point at;    ///< Of the last observation; epoch: there is none.
  /// Where the mean of all of them lies, at 95 %, at all times at once.
  interval covered{0, 0};

  friend bool operator==(const drop_finding&, const drop_finding&) = default;
};

/// Watches one metric of the champion for a drop, from an origin on.
///
/// The detector's unit is the day: each observation weighs the time since the
/// one before, so that `days` hold at any rate of traffic, also at one that
/// changes. The first of all weighs a millisecond, and silence a day at most:
/// less weight only makes false alarms rarer. With a bound on observations no
/// weight is above `days / observations`, which makes both bounds hold.
///
/// An alarm, once found, stays as it was found until the origin changes.
///
/// Plain data, to be stored as it is; the same observations in the same order
/// give the same bits.
struct drop_watch {
  std::string metric;
  drop_limits limits;
  watch_origin origin;
  drop_detector detector;
  moments seen;
  double slack = 0; ///< How far the sum of values is below par: CUSUM.
  moments since_onset;
  time_point onset;
  time_point last; ///< When the engine had the last observation.
  std::optional<drop_finding> warned;
  std::optional<drop_finding> alarmed;
  std::uint64_t unusable = 0; ///< Values outside of the range.

  friend bool operator==(const drop_watch&, const drop_watch&) = default;
};

/// Shape: limits that pass `check`.
[[nodiscard]] drop_watch begin_watch(
  std::string metric, const drop_limits& limits, const watch_origin& origin);

/// Takes in one value of the metric, that the engine had at `known`. One
/// outside of the range is counted as unusable, and changes nothing else.
void observe(drop_watch& watch, double value, time_point known);

/// The alarm, or the warning, as it was when it was raised; else what is so
/// now.
/// Cost:  about 50 us for the interval, while nothing was raised.
[[nodiscard]] drop_finding finding(const drop_watch& watch);

/// The evidence as it is now, whatever was raised.
[[nodiscard]] inline double evidence(const drop_watch& watch) {
  return evidence(watch.detector);
}

} // namespace ratchet::analysis
