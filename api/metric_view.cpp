#include "api/views.hpp"

#include "analysis/mixture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace ratchet::api {
namespace {

constexpr double alpha = 0.05;
/// Where the intervals that hold at all times are tightest.
constexpr double best_at = 1'000;
constexpr std::array quantiles{0.5, 0.9, 0.95, 0.99};

std::string_view name_of(analysis::slice_scope scope) {
  switch (scope) {
  case analysis::slice_scope::overall:
    return "overall";
  case analysis::slice_scope::slice:
    return "slice";
  case analysis::slice_scope::other:
    return "other";
  }
  return {};
}

/// The bounds of a metric's values, if it is declared and has some.
std::optional<analysis::interval> bounds_of(
  const workflows::loop_definition& definition, const std::string& metric) {
  for (const auto& each : definition.metrics) {
    if (each.name != metric)
      continue;
    const auto* channel = definition.channel(each.channel);
    if (channel == nullptr)
      return std::nullopt;
    if (channel->type == workflows::value_type::boolean)
      return analysis::interval{0, 1};
    if (channel->min && channel->max && *channel->min < *channel->max)
      return analysis::interval{*channel->min, *channel->max};
  }
  return std::nullopt;
}

void write_interval(
  json_writer& to, const std::optional<analysis::interval>& range,
  std::string_view method) {
  to.key("interval");
  if (range)
    to.begin_array().value(range->low).value(range->high).end_array();
  else
    to.null();
  to.key("method");
  range ? to.value(method) : to.null();
}

/// Count, mean, and where the mean lies: whenever one looks.
void write_sums(
  json_writer& to, const std::optional<analysis::interval>& bounds,
  const analysis::moments& sums) {
  const auto mean = analysis::mean(sums);
  to.field("count", sums.count).field("mean", mean);
  if (!mean || !bounds) {
    write_interval(
      to, analysis::asymptotic_mean_sequence(sums, alpha, best_at),
      "asymptotic_confidence_sequence");
    return;
  }
  write_interval(
    to, analysis::ranged_mean_sequence(sums, *bounds, alpha, best_at),
    "confidence_sequence");
}

void write_quantiles(
  json_writer& to, const std::optional<analysis::quantile_sketch>& values) {
  if (!values)
    return;
  to.key("quantiles").begin_array();
  for (const auto q : quantiles) {
    const auto range = values->quantile_bounds(q, alpha, best_at);
    to.begin_object().field("q", q).field("value", values->quantile(q));
    to.key("interval").begin_array().value(range.low).value(range.high);
    to.end_array().end_object();
  }
  to.end_array();
}

/// For display: what is old fades, and the interval is that of a normal mean.
void write_recent(
  json_writer& to, const analysis::decayed_moments& cell,
  const std::optional<analysis::interval>& bounds) {
  const auto mean = analysis::mean(cell);
  to.key("recent");
  if (!mean) {
    to.null();
    return;
  }
  constexpr double z = 1.959963984540054; // 97.5 % of the normal distribution.
  const auto n = analysis::effective_count(cell);
  const auto spread = analysis::variance(cell);
  std::optional<analysis::interval> range;
  if (spread && n > 1) {
    const auto half = z * std::sqrt(*spread / (n - 1));
    range = analysis::interval{*mean - half, *mean + half};
  }
  if (range && bounds) {
    range->low = std::max(range->low, bounds->low);
    range->high = std::min(range->high, bounds->high);
  }
  to.begin_object()
    .field("mean", *mean)
    .field("effective_count", n)
    .field("half_life_ms", cell.half_life.count());
  write_interval(to, range, "normal");
  to.end_object();
}

void write_windows(
  json_writer& to, const std::vector<analysis::metric_window>& windows,
  const std::optional<analysis::interval>& bounds) {
  to.key("windows").begin_array();
  for (const auto& window : windows) {
    to.begin_object();
    time_field(to, "from", window.from);
    time_field(to, "to", window.to);
    to.field("final", window.final)
      .field("state", window.value.sums.count == 0 ? "no_data" : "data");
    write_sums(to, bounds, window.value.sums);
    write_quantiles(to, window.value.values);
    to.end_object();
  }
  to.end_array();
}

/// One place, whose sums may be empty.
struct cell_writer {
  json_writer& to;
  const workflows::loop_definition& definition;
  const analysis::metric_history* history;
  const metric_choice& choice;
  time_point now;

  void operator()(
    const analysis::metric_key& key, const analysis::moments& sums) const {
    to.begin_object().field("metric", key.metric);
    number_field(to, "version", key.version.value);
    to.field("scope", name_of(key.scope));
    if (key.scope != analysis::slice_scope::overall)
      to.field("attribute", key.attribute);
    if (key.scope == analysis::slice_scope::slice)
      to.field("value", key.value);
    const auto bounds = bounds_of(definition, key.metric);
    if (history != nullptr)
      to.field("state", state_of(key, sums));
    write_sums(to, bounds, sums);
    if (history != nullptr)
      write_over_time(key, bounds);
    to.end_object();
  }

  [[nodiscard]] std::string_view state_of(
    const analysis::metric_key& key, const analysis::moments& sums) const {
    if (sums.count == 0)
      return "no_data";
    return history->seen_since(key, now - history->plan().windows.size)
      ? "live"
      : "silent";
  }

  void write_over_time(
    const analysis::metric_key& key,
    const std::optional<analysis::interval>& bounds) const {
    static const analysis::live_cell none;
    const auto* found = history->find(key);
    const auto& cell = found == nullptr ? none : *found;
    write_recent(to, cell.recent, bounds);
    write_quantiles(to, cell.values);
    if (choice.windows > 0)
      write_windows(to, history->windows(key, choice.windows), bounds);
  }
};

} // namespace

bool is_chosen(const metric_choice& choice, const analysis::metric_key& key) {
  const bool overall = key.scope == analysis::slice_scope::overall;
  return (choice.metric.empty() || choice.metric == key.metric) &&
    (!choice.version || *choice.version == key.version) &&
    (choice.slices || overall) &&
    (choice.attribute.empty() || choice.attribute == key.attribute) &&
    (choice.value.empty() || choice.value == key.value);
}

void write_metrics(
  json_writer& to, const workflows::loop_definition& definition,
  const analysis::metric_table& metrics,
  const analysis::metric_history* history, version_number champion,
  const metric_choice& choice, time_point now) {
  const cell_writer write{to, definition, history, choice, now};
  std::set<std::string> seen; // Of the champion; of any before the first.
  to.begin_array();
  for (const auto& [key, cell] : metrics.cells()) {
    if (champion.value == 0 || key.version == champion)
      seen.insert(key.metric);
    if (is_chosen(choice, key))
      write(key, cell);
  }
  for (const auto& metric : definition.metrics) {
    const analysis::metric_key key{
      metric.name, champion, analysis::slice_scope::overall, {}, {}};
    if (!seen.contains(metric.name) && is_chosen(choice, key))
      write(key, {});
  }
  to.end_array();
}

} // namespace ratchet::api
