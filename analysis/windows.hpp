#pragma once

#include "analysis/detail/window_fold.hpp"
#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace ratchet::analysis {

/// Windows of `size`, one ending at each multiple of `slide`: [end - size,
/// end). Equal size and slide give windows that do not overlap.
struct window_rule {
  duration size{};
  duration slide{};
  /// How far behind the watermark a window may start and still be corrected:
  /// `size` or more. What is older is only counted.
  duration retention{};
};

/// Errors: `invalid_argument` unless 0 < slide <= size <= retention.
[[nodiscard]] inline result<void> check(const window_rule& rule) {
  if (
    rule.slide <= duration::zero() || rule.slide > rule.size ||
    rule.retention < rule.size)
    return error{
      errc::invalid_argument,
      "windows of " + format_duration(rule.size) + " every " +
        format_duration(rule.slide) + ", kept for " +
        format_duration(rule.retention) +
        ": the slide must be above 0 and at most the size, and they must be "
        "kept for their size at least"};
  return {};
}

/// A window whose end the watermark has passed.
template <class Aggregate>
struct closed_window {
  time_point end{};
  Aggregate value{};
};

/// A closed window that changed: what was said is to be taken back and said
/// anew.
template <class Aggregate>
struct corrected_window {
  time_point end{};
  Aggregate before{};
  Aggregate after{};
};

/// Aggregates over windows of event time, from one aggregate for each pane.
///
/// A pane is as long as the greatest common divisor of size and slide, so each
/// window is a whole number of them and each event is counted once, however
/// much the windows overlap:
///
///   size 3, slide 2:   | 0 | 1 | 2 | 3 | 4 | 5 | 6 |    panes of 1
///                          [   end 4   )
///                                  [   end 6   )
///
/// `Aggregate` is a default-constructible value with `merge(a, b)`. With
/// `subtract(a, b)` beside it (exact counts and sums) a sliding window costs
/// what enters and leaves it; without (sketches), two stacks of partial merges
/// cost two merges for each pane, however many panes a window has.
///
/// Windows without any event are not listed: a monitor knows them by the gap,
/// and a year of silence costs nothing. Times before 1970 are fine.
///
/// Threads: one at a time.
template <class Aggregate>
class windows {
public:
  using closed = closed_window<Aggregate>;
  using corrected = corrected_window<Aggregate>;

  /// `rule` must pass `check`.
  explicit windows(window_rule rule)
      : rule_(rule), pane_(std::gcd(rule.size.count(), rule.slide.count())) {
    RATCHET_ASSERT(check(rule).ok());
  }

  /// Counts an event by `update(aggregate)`. What comes in time returns
  /// nothing. What comes late, for windows already closed, is counted in
  /// `late_total` and returns those windows as they were and as they are, but
  /// for windows that start beyond the retention. What is itself beyond it
  /// changes nothing and is counted in `lost_total` as well.
  template <class Update>
  [[nodiscard]] std::vector<corrected> add(time_point event, Update update) {
    const auto pane = floor_div(to_ms(event), pane_);
    const auto late = closed_until_ && first_end(pane) <= *closed_until_;
    late_total_ += late ? 1 : 0;
    if (kept_from_ && pane < *kept_from_) {
      ++lost_total_;
      return {};
    }
    std::vector<corrected> corrections;
    if (late)
      for (auto end = first_end(pane);
           end <= *closed_until_ && start_of(end) <= pane; end += slide())
        if (!kept_from_ || start_of(end) >= *kept_from_)
          corrections.push_back({from_ms(end), window(from_ms(end)), {}});
    update(panes_[pane]);
    if (late)
      fold_.reset();
    for (auto& c : corrections)
      c.after = window(c.end);
    return corrections;
  }

  /// Closes every window that ends at or before the watermark and holds an
  /// event, in order, and forgets the panes beyond the retention. A watermark
  /// that does not move forward closes nothing.
  [[nodiscard]] std::vector<closed> advance(time_point watermark) {
    std::vector<closed> list;
    const auto last = floor_div(to_ms(watermark), slide()) * slide();
    if (closed_until_ && last <= *closed_until_)
      return list;
    for (auto end = next_end(std::nullopt); end && *end <= last;
         end = next_end(end))
      list.push_back({from_ms(*end), slide_to(*end)});
    closed_until_ = last;
    forget(to_ms(watermark) - rule_.retention.count());
    return list;
  }

  /// The window that ends at `end`, closed or not, of the panes still kept.
  [[nodiscard]] Aggregate window(time_point end) const {
    Aggregate sum{};
    const auto until = floor_div(to_ms(end), pane_);
    for (auto p = panes_.lower_bound(start_of(to_ms(end)));
         p != panes_.end() && p->first < until; ++p)
      merge(sum, p->second);
    return sum;
  }

  /// Windows up to this end are closed; none before the first `advance`.
  [[nodiscard]] std::optional<time_point> closed_until() const {
    if (!closed_until_)
      return std::nullopt;
    return from_ms(*closed_until_);
  }
  [[nodiscard]] std::uint64_t late_total() const { return late_total_; }
  [[nodiscard]] std::uint64_t lost_total() const { return lost_total_; }
  [[nodiscard]] std::size_t pane_count() const { return panes_.size(); }

private:
  using pane_map = std::map<std::int64_t, Aggregate>;

  static std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
  }

  [[nodiscard]] std::int64_t slide() const { return rule_.slide.count(); }

  /// The first pane of the window that ends at `end`.
  [[nodiscard]] std::int64_t start_of(std::int64_t end) const {
    return floor_div(end - rule_.size.count(), pane_);
  }

  /// The end of the earliest window that holds the pane.
  [[nodiscard]] std::int64_t first_end(std::int64_t pane) const {
    return (floor_div(pane * pane_, slide()) + 1) * slide();
  }

  /// The end of the first window after `end`, or of the first not closed, that
  /// holds an event.
  [[nodiscard]] std::optional<std::int64_t>
  next_end(std::optional<std::int64_t> end) const {
    if (!end)
      end = closed_until_;
    if (!end)
      return panes_.empty() ? std::nullopt
                            : std::optional{first_end(panes_.begin()->first)};
    const auto next = *end + slide();
    const auto pane = panes_.lower_bound(start_of(next));
    if (pane == panes_.end())
      return std::nullopt;
    return std::max(next, first_end(pane->first));
  }

  [[nodiscard]] Aggregate slide_to(std::int64_t end) {
    return fold_.slide_to(panes_, start_of(end), floor_div(end, pane_));
  }

  void forget(std::int64_t before) {
    const auto keep = floor_div(before, pane_);
    fold_.drop(panes_, keep);
    panes_.erase(panes_.begin(), panes_.lower_bound(keep));
    kept_from_ = kept_from_ ? std::max(*kept_from_, keep) : keep;
  }

  window_rule rule_;
  std::int64_t pane_;
  pane_map panes_;
  detail::window_fold<Aggregate> fold_;
  std::optional<std::int64_t> closed_until_;
  std::optional<std::int64_t> kept_from_;
  std::uint64_t late_total_ = 0;
  std::uint64_t lost_total_ = 0;
};

} // namespace ratchet::analysis
