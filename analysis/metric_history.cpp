#include "analysis/metric_history.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace ratchet::analysis {

namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

auto fields(const history_plan& plan) {
  return std::tuple{
    plan.windows.size, plan.windows.slide, plan.windows.retention,
    plan.lateness, plan.half_life};
}

std::int64_t pane_length_of(const history_plan& plan) {
  const auto length =
    std::gcd(plan.windows.size.count(), plan.windows.slide.count());
  return length > 0 ? length : 1; // Of a plan that was never set.
}

void count(std::optional<quantile_sketch>& values, double value) {
  if (!values)
    values.emplace();
  RATCHET_ASSERT(values->add(value).ok()); // The moments took it: finite.
}

void merge(pane_cell& sum, const pane_cell& part) {
  merge(sum.sums, part.sums);
  if (!part.values)
    return;
  if (!sum.values)
    sum.values.emplace();
  RATCHET_ASSERT(sum.values->merge(*part.values).ok());
}

} // namespace

bool operator==(const history_plan& a, const history_plan& b) {
  return fields(a) == fields(b);
}

result<void> check(const history_plan& plan) {
  if (auto sound = check(plan.windows); !sound)
    return sound;
  if (plan.lateness < duration::zero() || plan.half_life <= duration::zero())
    return error{
      errc::invalid_argument,
      "a lateness of " + format_duration(plan.lateness) +
        " and a half-life of " + format_duration(plan.half_life) +
        ": the first must be 0 or more, the second above 0"};
  return {};
}

metric_history::metric_history(const history_plan& plan)
    : plan_(plan), pane_length_(pane_length_of(plan)) {}

void metric_history::add(
  std::span<const metric_key> places, double value, time_point at,
  time_point known, bool quantiles) {
  std::vector<metric_place> looked_up;
  for (const auto& key : places)
    looked_up.push_back(place_of(key));
  add(looked_up, value, at, known, quantiles);
}

void metric_history::add(
  std::span<const metric_place> places, double value, time_point at,
  time_point known, bool quantiles) {
  moments one;
  if (!analysis::add(one, value))
    return add_unusable();
  marks_changed_ = true;
  at = std::min(at, known);
  if (!marks_.newest || known > *marks_.newest) {
    marks_.newest = known;
    forget();
  }
  for (const auto& place : places)
    add_live(place, value, at, quantiles);
  // The first window that it is in may be final already.
  const auto slide = plan_.windows.slide.count();
  const auto first_end = (floor_div(to_ms(at), slide) + 1) * slide;
  marks_.late += from_ms(first_end) <= *watermark() ? 1U : 0U;
  const auto pane = pane_of(at);
  if (pane < pane_of(*watermark() - plan_.windows.retention)) {
    ++marks_.lost;
    return;
  }
  auto& cells = panes_[pane];
  for (const auto& place : places) {
    auto& cell = cells.change(place);
    analysis::merge(cell.sums, one);
    if (quantiles && place.scope == slice_scope::overall)
      count(cell.values, value);
  }
}

void metric_history::add_unusable() {
  marks_changed_ = true;
  ++marks_.unusable;
}

void metric_history::add_live(
  const metric_place& place, double value, time_point at, bool quantiles) {
  auto& cell = cells_.change(place);
  cell.recent.half_life = plan_.half_life;
  RATCHET_ASSERT(analysis::add(cell.recent, at, value).ok());
  if (quantiles)
    count(cell.values, value);
}

void metric_history::forget() {
  const auto keep_from = pane_of(*watermark() - plan_.windows.retention);
  const auto end = panes_.lower_bound(keep_from);
  for (auto it = panes_.begin(); it != end; ++it)
    note_gone(it->first);
  panes_.erase(panes_.begin(), end);
}

void metric_history::note_gone(std::int64_t pane) {
  for (const auto& [place, cell] : panes_.at(pane))
    gone_.emplace(pane, place);
}

metric_history::changes metric_history::take_changes() {
  changes all{
    std::exchange(marks_changed_, false), {}, std::exchange(gone_, {})};
  cells_.take_changed(
    [&](const metric_key& place) { all.cells.insert(place); });
  for (auto& [pane, cells] : panes_)
    cells.take_changed([&, number = pane](const metric_key& place) {
      all.panes.emplace(number, place);
    });
  return all;
}

void metric_history::adopt(const history_plan& plan) {
  if (plan == plan_)
    return;
  marks_changed_ = true;
  const auto length = std::exchange(pane_length_, pane_length_of(plan));
  const bool fades_alike = plan.half_life == plan_.half_life;
  plan_ = plan;
  if (length != pane_length_) {
    for (const auto& [pane, cells] : panes_)
      note_gone(pane);
    panes_.clear();
  }
  if (!fades_alike)
    cells_.change_all([](live_cell& cell) { cell.recent = {}; });
  if (marks_.newest)
    forget();
}

std::vector<metric_window>
metric_history::windows(const metric_key& place, std::size_t limit) const {
  std::vector<metric_window> list;
  if (!marks_.newest)
    return list;
  const auto& rule = plan_.windows;
  const auto slide = rule.slide.count();
  auto end = (floor_div(to_ms(*marks_.newest), slide) + 1) * slide;
  const auto oldest = to_ms(*watermark() - rule.retention);
  const auto looked_up = place_of(place);
  for (; list.size() < limit && end - rule.size.count() >= oldest;
       end -= slide) {
    metric_window window{
      from_ms(end) - rule.size, from_ms(end), from_ms(end) <= *watermark(), {}};
    const auto until = pane_of(window.to);
    for (auto it = panes_.lower_bound(pane_of(window.from));
         it != panes_.end() && it->first < until; ++it)
      if (const auto* cell = it->second.find(looked_up); cell != nullptr)
        merge(window.value, *cell);
    list.push_back(std::move(window));
  }
  return list;
}

bool metric_history::seen_since(
  const metric_key& place, time_point from) const {
  return std::any_of(
    panes_.lower_bound(pane_of(from)), panes_.end(),
    [looked_up = place_of(place)](const auto& pane) {
      return pane.second.find(looked_up) != nullptr;
    });
}

std::optional<time_point> metric_history::watermark() const {
  if (!marks_.newest)
    return std::nullopt;
  return *marks_.newest - plan_.lateness;
}

std::map<std::int64_t, std::map<metric_key, pane_cell>>
metric_history::panes() const {
  std::map<std::int64_t, std::map<metric_key, pane_cell>> all;
  for (const auto& [pane, cells] : panes_)
    all.emplace(pane, cells.all());
  return all;
}

const live_cell* metric_history::find(const metric_key& place) const {
  return cells_.find(place_of(place));
}

const pane_cell* metric_history::find(const pane_key& pane) const {
  const auto cells = panes_.find(pane.first);
  return cells == panes_.end() ? nullptr
                               : cells->second.find(place_of(pane.second));
}

void metric_history::restore(
  const history_plan& plan, const history_marks& marks) {
  plan_ = plan;
  pane_length_ = pane_length_of(plan);
  marks_ = marks;
}

void metric_history::restore(const metric_key& place, live_cell cell) {
  cells_.restore(place, std::move(cell));
}

void metric_history::restore(const pane_key& pane, pane_cell cell) {
  panes_[pane.first].restore(pane.second, std::move(cell));
}

std::int64_t metric_history::pane_of(time_point at) const {
  return floor_div(to_ms(at), pane_length_);
}

} // namespace ratchet::analysis
