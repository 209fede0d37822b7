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

void metric_history::add(
  std::span<const metric_key> places, double value, time_point at,
  time_point known, bool quantiles) {
  changed_.marks = true;
  if (moments probe; !analysis::add(probe, value)) {
    ++marks_.unusable;
    return;
  }
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
  if (pane_of(at) < pane_of(*watermark() - plan_.windows.retention)) {
    ++marks_.lost;
    return;
  }
  for (const auto& place : places)
    add_pane(place, value, at, quantiles);
}

void metric_history::add_live(
  const metric_key& place, double value, time_point at, bool quantiles) {
  auto& cell = cells_[place];
  cell.recent.half_life = plan_.half_life;
  RATCHET_ASSERT(analysis::add(cell.recent, at, value).ok());
  if (quantiles)
    count(cell.values, value);
  changed_.cells.insert(place);
}

void metric_history::add_pane(
  const metric_key& place, double value, time_point at, bool quantiles) {
  const auto pane = pane_of(at);
  auto& cell = panes_[pane][place];
  RATCHET_ASSERT(analysis::add(cell.sums, value).ok());
  if (quantiles && place.scope == slice_scope::overall)
    count(cell.values, value);
  changed_.panes.emplace(pane, place);
}

void metric_history::forget() {
  const auto keep_from = pane_of(*watermark() - plan_.windows.retention);
  const auto end = panes_.lower_bound(keep_from);
  for (auto it = panes_.begin(); it != end; ++it)
    for (const auto& [place, cell] : it->second)
      changed_.panes.emplace(it->first, place);
  panes_.erase(panes_.begin(), end);
}

void metric_history::adopt(const history_plan& plan) {
  if (plan == plan_)
    return;
  changed_.marks = true;
  const auto length = pane_length();
  const bool fades_alike = plan.half_life == plan_.half_life;
  plan_ = plan;
  if (length != pane_length()) {
    for (const auto& [pane, cells] : panes_)
      for (const auto& [place, cell] : cells)
        changed_.panes.emplace(pane, place);
    panes_.clear();
  }
  if (!fades_alike)
    for (auto& [place, cell] : cells_) {
      cell.recent = {};
      changed_.cells.insert(place);
    }
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
  for (; list.size() < limit && end - rule.size.count() >= oldest;
       end -= slide) {
    metric_window window{
      from_ms(end) - rule.size, from_ms(end), from_ms(end) <= *watermark(), {}};
    const auto until = pane_of(window.to);
    for (auto it = panes_.lower_bound(pane_of(window.from));
         it != panes_.end() && it->first < until; ++it)
      if (const auto cell = it->second.find(place); cell != it->second.end())
        merge(window.value, cell->second);
    list.push_back(std::move(window));
  }
  return list;
}

bool metric_history::seen_since(
  const metric_key& place, time_point from) const {
  return std::any_of(
    panes_.lower_bound(pane_of(from)), panes_.end(),
    [&place](const auto& pane) { return pane.second.contains(place); });
}

std::optional<time_point> metric_history::watermark() const {
  if (!marks_.newest)
    return std::nullopt;
  return *marks_.newest - plan_.lateness;
}

const live_cell* metric_history::find(const metric_key& place) const {
  const auto it = cells_.find(place);
  return it == cells_.end() ? nullptr : &it->second;
}

const pane_cell* metric_history::find(const pane_key& pane) const {
  const auto cells = panes_.find(pane.first);
  if (cells == panes_.end())
    return nullptr;
  const auto it = cells->second.find(pane.second);
  return it == cells->second.end() ? nullptr : &it->second;
}

void metric_history::restore(
  const history_plan& plan, const history_marks& marks) {
  plan_ = plan;
  marks_ = marks;
}

void metric_history::restore(metric_key place, live_cell cell) {
  cells_[std::move(place)] = std::move(cell);
}

void metric_history::restore(pane_key pane, pane_cell cell) {
  panes_[pane.first][std::move(pane.second)] = std::move(cell);
}

std::int64_t metric_history::pane_length() const {
  const auto length =
    std::gcd(plan_.windows.size.count(), plan_.windows.slide.count());
  return length > 0 ? length : 1; // Of a plan that was never set.
}

std::int64_t metric_history::pane_of(time_point at) const {
  return floor_div(to_ms(at), pane_length());
}

} // namespace ratchet::analysis
