#pragma once

#include "analysis/aggregate.hpp"
#include "analysis/drop_watch.hpp"
#include "analysis/metric_history.hpp"
#include "base/clock.hpp"

#include <map>
#include <set>
#include <string>

/// What a monitor does with each piece of joined feedback: counts it, over all
/// and over time, and looks whether a metric of the champion drops. In the
/// history's order, one row at a time: the same rows give the same bits in any
/// pieces, also with a restart between them.

namespace ratchet::analysis {

/// One value of one metric.
struct monitor_row {
  observation seen;
  time_point at;       ///< Of the interaction, by whoever posted it.
  time_point known;    ///< When the engine had interaction and feedback.
  bool number = false; ///< Quantiles say something.
};

/// By condition, as its author wrote it.
struct drop_watches {
  std::map<std::string, drop_watch> all;
  /// Those that are not what they were when this was last taken note of, or
  /// are gone.
  std::set<std::string> changed;
};

/// What shall be watched.
struct wanted_watch {
  std::string metric;
  drop_limits limits;
  watch_origin origin;
};

/// Begins what is wanted and not watched, or with other limits, or from another
/// origin; ends what is not wanted.
void rewatch(
  drop_watches& watches, const std::map<std::string, wanted_watch>& wanted);

/// Takes in one row, for whatever it counts for.
void fold(
  const monitor_row& row, metric_table& metrics, metric_history& history,
  drop_watches& drops);

} // namespace ratchet::analysis
