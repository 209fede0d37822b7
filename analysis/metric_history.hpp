#pragma once

#include "analysis/aggregate.hpp"
#include "analysis/decay.hpp"
#include "analysis/moments.hpp"
#include "analysis/quantiles.hpp"
#include "analysis/windows.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace ratchet::analysis {

/// How a loop's metrics are kept over time.
struct history_plan {
  window_rule windows;
  /// How far behind the newest event one may still come: a window is final
  /// when the watermark, which is so far back, has passed its end.
  duration lateness{};
  duration half_life{}; ///< Of `live_cell::recent`.
};
[[nodiscard]] bool operator==(const history_plan& a, const history_plan& b);

/// Errors: as `check(window_rule)`; `invalid_argument` for a negative lateness
///         or a half-life that is not positive.
[[nodiscard]] result<void> check(const history_plan& plan);

/// What is kept of a metric in one place beside its lifelong sums.
struct live_cell {
  decayed_moments recent;
  std::optional<quantile_sketch> values; ///< Of a number.

  friend bool operator==(const live_cell&, const live_cell&) = default;
};

/// The same of one pane, a piece of event time. Only the overall cell of a
/// number has a sketch here: one for each slice and hour would be too much.
struct pane_cell {
  moments sums;
  std::optional<quantile_sketch> values;

  friend bool operator==(const pane_cell&, const pane_cell&) = default;
};

/// A window of one place.
struct metric_window {
  time_point from;
  time_point to;      ///< Not in it.
  bool final = false; ///< Nothing will come for it any more.
  pane_cell value;    ///< A count of 0: no data.
};

/// What goes with all cells. Plain data, to be stored as it is.
struct history_marks {
  std::optional<time_point> newest; ///< The latest event that was counted.
  std::uint64_t late = 0;           ///< For windows that were final.
  std::uint64_t lost = 0;           ///< For windows that are kept no more.
  std::uint64_t unusable = 0;       ///< Values that no cell can hold.

  friend bool operator==(const history_marks&, const history_marks&) = default;
};

/// Metrics by version and slice over time: decayed for display, quantiles of
/// numbers, and windows of event time made of panes (analysis/windows.hpp has
/// the picture).
///
/// A fold: one observation at a time, in the history's order, so that the same
/// history gives the same bits however it was cut into pieces. The sums of
/// panes do not even depend on the order.
///
/// The watermark follows the newest moment at which the engine took something
/// in, never an application's clock.
///
/// Threads: one at a time.
/// Cost:    a pane holds a cell for each place that was seen in it, about 300
///          bytes; a sketch 8 bytes a bin, some hundred bins.
class metric_history {
public:
  using pane_key = std::pair<std::int64_t, metric_key>;

  metric_history() = default;
  /// `plan` must pass `check`.
  explicit metric_history(const history_plan& plan);

  /// Counts `value` in `places`.
  ///
  /// `at` is its event time, `known` when the engine had all of it: what claims
  /// to be later than that is counted there. With `quantiles` it is put into
  /// sketches. A value that no cell can hold (analysis/moments.hpp) is counted
  /// as unusable, and changes nothing else.
  void add(
    std::span<const metric_place> places, double value, time_point at,
    time_point known, bool quantiles);
  void add(
    std::span<const metric_key> places, double value, time_point at,
    time_point known, bool quantiles);

  /// Counts a value that no cell can hold.
  void add_unusable();

  /// Takes over what another plan has left, as far as it fits: windows of other
  /// panes, and recent means of another half-life, begin anew.
  void adopt(const history_plan& plan);

  /// The windows of `place`, the newest first, `limit` at most: from that which
  /// the newest event is in back to the oldest that is kept whole. Those
  /// without data are there too. Empty before the first event.
  [[nodiscard]] std::vector<metric_window>
  windows(const metric_key& place, std::size_t limit) const;

  /// Whether anything happened in `place` since then, to the pane.
  [[nodiscard]] bool seen_since(const metric_key& place, time_point from) const;

  /// Event time up to which all is known; none before the first event.
  [[nodiscard]] std::optional<time_point> watermark() const;

  [[nodiscard]] const history_plan& plan() const { return plan_; }
  [[nodiscard]] const history_marks& marks() const { return marks_; }
  [[nodiscard]] const std::map<metric_key, live_cell>& cells() const {
    return cells_.all();
  }
  /// A copy, for whoever wants all of it.
  [[nodiscard]] std::map<std::int64_t, std::map<metric_key, pane_cell>>
  panes() const;
  [[nodiscard]] const live_cell* find(const metric_key& place) const;
  [[nodiscard]] const pane_cell* find(const pane_key& pane) const;

  /// Put back what the functions above gave; not marked as changed.
  void restore(const history_plan& plan, const history_marks& marks);
  void restore(const metric_key& place, live_cell cell);
  void restore(const pane_key& pane, pane_cell cell);

  /// What differs from what there was at the last call; a place or pane that is
  /// not found any more is gone.
  struct changes {
    bool marks = false;
    std::set<metric_key> cells;
    std::set<pane_key> panes;
  };
  [[nodiscard]] changes take_changes();

private:
  [[nodiscard]] std::int64_t pane_of(time_point at) const;
  void add_live(
    const metric_place& place, double value, time_point at, bool quantiles);
  void forget();
  void note_gone(std::int64_t pane);

  history_plan plan_;
  std::int64_t pane_length_ = 1; ///< Of the plan, in ms.
  history_marks marks_;
  detail::cell_map<live_cell> cells_;
  std::map<std::int64_t, detail::cell_map<pane_cell>> panes_;
  bool marks_changed_ = false;
  std::set<pane_key> gone_; ///< Since the last call of `take_changes`.
};

} // namespace ratchet::analysis
