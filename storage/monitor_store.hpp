#pragma once

#include "analysis/aggregate.hpp"
#include "analysis/metric_history.hpp"
#include "analysis/monitor_fold.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/store.hpp"
#include "storage/write_batch.hpp"
#include "workflows/trigger.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

/// What a loop's monitor knows when its cursor stands at `cursor`: it follows
/// the history by that cursor, so cursor, counts, windows and detectors are
/// stored in one batch and a crash neither loses nor repeats an event.
/// docs/formats/control.md.

namespace ratchet::storage {

struct monitor_state {
  sequence cursor;
  /// Feedback joined to its interaction so far, by channel.
  std::map<std::string, std::uint64_t> joined;
  analysis::metric_table metrics;
  analysis::drop_watches drops{};
};

/// Adds `state` to `batch`: the cursor with the counts, and those cells and
/// watches that changed since the last call (which this takes note of). So the
/// batch must be committed, or the state be loaded anew.
void put_monitor(write_batch& batch, loop_number loop, monitor_state& state);
/// The same of the metrics over time.
void put_history(
  write_batch& batch, loop_number loop, analysis::metric_history& history);

/// The last one put; one at cursor 0 if there is none.
///
/// `max_values` is the bound the table goes on with (analysis/aggregate.hpp).
/// Errors: `corruption`, `io_error`.
/// Cost:   reads every cell of the loop, but nothing of its windows.
[[nodiscard]] result<monitor_state> load_monitor(
  const store& from, loop_number loop,
  std::size_t max_values = analysis::metric_table::default_max_values);

/// The last one put. If there is none, an empty one with no plan: `adopt` one.
/// Errors: `corruption`, `io_error`.
/// Cost:   reads every pane of the loop.
[[nodiscard]] result<analysis::metric_history>
load_history(const store& from, loop_number loop);

/// What a trigger sees of it.
[[nodiscard]] workflows::trigger_inputs inputs_of(const monitor_state& state);

/// The cursor alone, 0 if there is none.
/// Errors: `corruption`, `io_error`.
[[nodiscard]] result<sequence>
load_monitor_cursor(const store& from, loop_number loop);

} // namespace ratchet::storage
