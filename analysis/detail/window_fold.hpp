#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace ratchet::analysis::detail {

/// What was merged can be taken back exactly.
template <class Aggregate>
concept invertible = requires(Aggregate& a, const Aggregate& b) {
  subtract(a, b);
};

/// The merge of the panes [from, until) as both move forward.
///
/// `panes` may change ahead of `until` between two calls; if one behind it
/// does, `reset`.
template <class Aggregate>
class window_fold {
public:
  using pane_map = std::map<std::int64_t, Aggregate>;

  void reset() { *this = {}; }

  [[nodiscard]] Aggregate
  slide_to(const pane_map& panes, std::int64_t from, std::int64_t until) {
    drop(panes, from);
    // Panes before `from` were never in it: a jump over a gap.
    const auto start = panes.lower_bound(std::max(from, until_));
    for (auto p = start; p != panes.end() && p->first < until; ++p)
      take(p->first, p->second);
    until_ = until;
    return value();
  }

  /// Leaves out the panes before `from`, while they are still in `panes`.
  void drop(const pane_map& panes, std::int64_t from) {
    if constexpr (invertible<Aggregate>) {
      const auto end = std::min(from, until_);
      for (auto p = panes.lower_bound(from_);
           p != panes.end() && p->first < end; ++p)
        subtract(newer_, p->second);
    } else {
      while (!older_.empty() && older_.back().first < from)
        older_.pop_back();
      if (older_.empty())
        turn(from);
    }
    from_ = std::max(from_, from);
  }

private:
  void take(std::int64_t number, const Aggregate& pane) {
    merge(newer_, pane);
    if constexpr (!invertible<Aggregate>)
      recent_.push_back({number, pane});
  }

  /// Moves the recent panes to the other stack, whose top is the merge of all
  /// from its own pane on: the next ones to leave are then just popped.
  void turn(std::int64_t from) {
    Aggregate sum{};
    for (; !recent_.empty() && recent_.back().first >= from;
         recent_.pop_back()) {
      merge(sum, recent_.back().second);
      older_.emplace_back(recent_.back().first, sum);
    }
    recent_.clear();
    newer_ = {};
  }

  [[nodiscard]] Aggregate value() const {
    auto sum = newer_;
    if (!older_.empty())
      merge(sum, older_.back().second);
    return sum;
  }

  std::int64_t from_ = INT64_MIN;
  std::int64_t until_ = INT64_MIN;
  Aggregate newer_{};
  std::vector<std::pair<std::int64_t, Aggregate>> recent_;
  std::vector<std::pair<std::int64_t, Aggregate>> older_;
};

} // namespace ratchet::analysis::detail
