#include "workflows/areas.hpp"
#include "workflows/check.hpp"
#include "workflows/detail/checking.hpp"
#include "workflows/detail/number_text.hpp"

#include <algorithm>
#include <set>

namespace ratchet::workflows::detail {

namespace {

constexpr std::size_t most_attributes = 50;
constexpr std::uint32_t most_areas = 20;
constexpr std::uint32_t most_predicates = 3;
constexpr std::uint32_t most_examples = 20;
constexpr std::uint32_t fewest_rows = 1'000;
constexpr std::uint32_t most_rows = 1'000'000;
/// Each look may be a record of the loop's journal.
constexpr duration shortest_time{std::chrono::seconds{1}};

std::string check_count(
  const char* what, std::uint32_t value, std::uint32_t least,
  std::uint32_t most) {
  if (value >= least && value <= most)
    return {};
  return std::string{what} + " is " + std::to_string(value) + "; give " +
    std::to_string(least) + " to " + std::to_string(most);
}

std::string check_attributes(const std::vector<std::string>& names) {
  if (names.empty())
    return "no attribute to tell traffic apart by; set .by, or call "
           "slice_by(...)";
  if (names.size() > most_attributes)
    return std::to_string(names.size()) + " attributes; give at most " +
      std::to_string(most_attributes);
  std::set<std::string_view> seen;
  for (const auto& name : names) {
    auto why = check_name(name);
    if (why.empty() && !seen.insert(name).second)
      why = "given twice; remove one";
    if (!why.empty())
      return "attribute " + in_quotes(name) + ": " + why;
  }
  return {};
}

std::string check_times(const area_options& options) {
  if (auto why = check_positive("every", options.every, "6h"); !why.empty())
    return why;
  if (options.every < shortest_time)
    return "every is " + format_duration(options.every) +
      "; give 1s at least, 6h is usual";
  return check_positive("look_back", options.look_back, "720h");
}

/// Negated where it is asked, so that NaN is refused too.
std::string check_shares(const area_options& options) {
  if (!(options.min_volume > 0 && options.min_volume <= 0.5))
    return "min_volume is " + number_text(options.min_volume) +
      ", not in (0, 0.5]; 0.01 is usual";
  if (!(options.min_gap >= 0 && options.min_gap < 1))
    return "min_gap is " + number_text(options.min_gap) +
      ", not in [0, 1); 0.02 is usual";
  const auto rate = options.false_discovery_rate;
  if (!(rate > 0 && rate <= 0.5))
    return "false_discovery_rate is " + number_text(rate) +
      ", not in (0, 0.5]; 0.1 is usual";
  return {};
}

std::string check_counts(const area_options& options) {
  if (auto why = check_count("most", options.most, 1, most_areas); !why.empty())
    return why;
  if (auto why = check_count(
        "max_predicates", options.max_predicates, 1, most_predicates);
      !why.empty())
    return why;
  if (auto why = check_count("examples", options.examples, 0, most_examples);
      !why.empty())
    return why;
  return check_count("max_rows", options.max_rows, fewest_rows, most_rows);
}

std::string
check_one(const loop_definition& definition, const area_options& options) {
  if (auto why = check_metric_in_range(
        definition, options.metric, "to look at", "to tell how bad one is");
      !why.empty())
    return why;
  if (auto why = check_attributes(attributes_of(definition, options));
      !why.empty())
    return why;
  if (auto why = check_times(options); !why.empty())
    return why;
  if (options.look_back <= definition.join_window)
    return "look_back is " + format_duration(options.look_back) +
      ", and feedback is waited for " +
      format_duration(definition.join_window) +
      ": nothing would be old enough; lengthen it, or shorten join_within";
  if (auto why = check_shares(options); !why.empty())
    return why;
  return check_counts(options);
}

} // namespace

std::string check_areas(const loop_definition& definition) {
  std::set<std::string_view> seen;
  for (const auto& options : definition.areas) {
    auto why = check_one(definition, options);
    if (why.empty() && !seen.insert(options.metric).second)
      why = "metric " + in_quotes(options.metric) +
        " is looked at already; remove one";
    if (!why.empty())
      return "areas: " + why;
  }
  return {};
}

std::string check_area_condition(
  const loop_definition& definition, const std::string& metric,
  const area_demand& demand) {
  if (find_areas(definition, metric) == nullptr)
    return area_text(metric, demand) + " waits for looks at metric " +
      in_quotes(metric) +
      ", and none are made; add .areas({.metric = " + in_quotes(metric) + "})";
  if (!(demand.impact >= 0 && demand.impact < 1))
    return "an area's impact of " + number_text(demand.impact) +
      " is not in [0, 1); 0.01 is a hundredth of the metric's range";
  return {};
}

std::string check_oversampling(
  const loop_definition& definition, const dataset_options& options) {
  constexpr double largest = 100;
  const auto factor = options.oversample_areas;
  if (factor == 1)
    return {};
  if (!(factor > 1 && factor <= largest))
    return "oversample_areas is " + number_text(factor) + "; give 1 (off) to " +
      number_text(largest) + ", 3 is usual";
  if (definition.areas.empty())
    return "oversample_areas has no areas to draw from; declare what is looked "
           "at with .areas({.metric = ...})";
  return {};
}

} // namespace ratchet::workflows::detail
