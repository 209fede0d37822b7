#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "workflows/definition.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// Metrics of the champion that are watched for drops: what is to be watched,
/// and what the monitor says of it. The detector is the monitor's
/// (analysis/drop_watch.hpp); here its word becomes an alarm.

namespace ratchet::workflows {

/// On disk: never renumber.
enum class drop_level : std::uint8_t { calm = 1, warning = 2, alarm = 3 };

[[nodiscard]] std::string_view to_string(drop_level level);

/// What a watch says, with all that it says it from.
struct drop_reading {
  drop_level level = drop_level::calm;
  version_number version;   ///< The champion it watches.
  std::uint64_t record = 0; ///< That it began with (`watch_record_of`).
  double evidence = 0;      ///< In days, to be held against
  double threshold = 0;     ///< that of its level; of the warning while calm.
  std::uint64_t observations = 0; ///< Since it began.
  double mean = 0;                ///< Of these.
  /// The last ones, since the drop seems to have begun, and their mean.
  std::uint64_t recent = 0;
  double recent_mean = 0;
  time_point since; ///< When it seems to have begun; epoch: it does not.
  time_point at;    ///< Of the last observation.
  /// Where the mean of all of them lies, at 95 %, at all times at once.
  double low = 0;
  double high = 0;

  friend bool operator==(const drop_reading&, const drop_reading&) = default;
};

/// A metric that is watched, with its range.
struct watched_drop {
  std::string metric;
  drop_rule rule;
  double low = 0;
  double high = 1;

  friend bool operator==(const watched_drop&, const watched_drop&) = default;
};

/// By condition as text: those of the trigger, and the alarms of the metrics.
/// The same rule in both places is one watch.
/// Shape: a definition that passes `check`.
[[nodiscard]] std::map<std::string, watched_drop>
watched_drops(const loop_definition& definition);

/// `drop_of("accuracy", {.below = 0.9, .mean_days_between_false_alarms = 30})`
[[nodiscard]] std::string
drop_text(const std::string& metric, const drop_rule& rule);

/// Of its own, or a tenth of the alarm's.
[[nodiscard]] double warn_days_of(const drop_rule& rule);

/// One sentence with the numbers: "accuracy of version 3 fell below 0.9: 0.712
/// on average over the last 312 of 1204 observations; evidence of 31.5 days, of
/// 30". `reading` may be null.
[[nodiscard]] std::string drop_sentence(
  const std::string& metric, const drop_rule& rule,
  const drop_reading* reading);

} // namespace ratchet::workflows
