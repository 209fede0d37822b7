#include "workflows/check.hpp"

#include "ratchet/loop.hpp"
#include "workflows/detail/checking.hpp"
#include "workflows/trigger.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace ratchet::workflows {

namespace {

using detail::in_quotes;

/// "channel "x": the name is empty; give one", or nothing.
std::string at(std::string_view place, std::string_view name, std::string why) {
  if (why.empty())
    return {};
  return std::string{place} + " " + in_quotes(name) + ": " + std::move(why);
}

std::string check_labels(const channel_definition& channel) {
  if (channel.labels.empty())
    return "a category without labels; give at least one";
  if (channel.labels.size() > most_labels)
    return "more than " + std::to_string(most_labels) +
      " labels; use a text channel";
  std::set<std::string_view> seen;
  for (const auto& label : channel.labels) {
    if (label.empty())
      return "an empty label; remove it";
    if (!seen.insert(label).second)
      return "label " + in_quotes(label) + " is given twice; remove one";
  }
  return {};
}

std::string check_bounds(const channel_definition& channel) {
  if (
    (channel.min && !std::isfinite(*channel.min)) ||
    (channel.max && !std::isfinite(*channel.max)))
    return "a bound is not a finite number; use any_number for no bounds";
  if (channel.min && channel.max && *channel.min > *channel.max)
    return "the lower bound is above the upper one; exchange them";
  return {};
}

std::string check_channel(const channel_definition& channel) {
  if (auto why = detail::check_name(channel.name); !why.empty())
    return why;
  switch (channel.type) {
  case value_type::category:
    return check_labels(channel);
  case value_type::number:
    return check_bounds(channel);
  case value_type::boolean:
  case value_type::text:
    return {};
  }
  return "unknown type of values";
}

std::string check_channels(const loop_definition& definition) {
  if (definition.channels.size() > most_declared)
    return "more than " + std::to_string(most_declared) + " channels";
  std::set<std::string_view> seen;
  for (const auto& channel : definition.channels) {
    auto why = check_channel(channel);
    if (why.empty() && !seen.insert(channel.name).second)
      why = "declared twice; rename one";
    if (!why.empty())
      return at("channel", channel.name, std::move(why));
  }
  return {};
}

std::string
check_metric(const loop_definition& definition, const metric_definition& m) {
  if (auto why = detail::check_name(m.name); !why.empty())
    return why;
  if (m.channel.empty())
    return "no channel; add from(...)";
  const auto* channel = definition.channel(m.channel);
  if (channel == nullptr)
    return detail::unknown_channel(m.channel);
  if (
    channel->type == value_type::text || channel->type == value_type::category)
    return "channel " + in_quotes(m.channel) +
      " has no mean; use a boolean or number channel";
  return {};
}

std::string check_metrics(const loop_definition& definition) {
  if (definition.metrics.size() > most_declared)
    return "more than " + std::to_string(most_declared) + " metrics";
  std::set<std::string_view> seen;
  for (const auto& metric : definition.metrics) {
    auto why = check_metric(definition, metric);
    if (why.empty() && !seen.insert(metric.name).second)
      why = "declared twice; rename one";
    if (!why.empty())
      return at("metric", metric.name, std::move(why));
  }
  // Once all are known to be sound.
  for (const auto& metric : definition.metrics)
    if (metric.alarm)
      if (auto why = detail::check_drop(definition, metric.name, *metric.alarm);
          !why.empty())
        return at("metric", metric.name, std::move(why));
  return {};
}

std::string check_slices(const loop_definition& definition) {
  std::set<std::string_view> seen;
  for (const auto& name : definition.slice_by) {
    auto why = detail::check_name(name);
    if (why.empty() && !seen.insert(name).second)
      why = "given twice; remove one";
    if (!why.empty())
      return at("slice", name, std::move(why));
  }
  return {};
}

std::string check_keep(const loop_definition& definition) {
  const auto& keep = definition.keep;
  if (keep.bytes && *keep.bytes == 0)
    return "keep: 0 bytes; give a positive number, such as 50 * gigabyte, or "
           "leave it out to keep everything";
  if (!keep.age)
    return {};
  if (auto why = detail::check_positive("the age", *keep.age, "2160h");
      !why.empty())
    return "keep: " + why;
  if (*keep.age < definition.join_window)
    return "keep: the age is " + format_duration(*keep.age) +
      ", less than the join window, and feedback would lose its interaction; "
      "give at least " +
      format_duration(definition.join_window) + ", or shorten join_within";
  return {};
}

std::string check_timing(const loop_definition& definition) {
  const auto& timing = definition.timing;
  if (timing.max_staleness > most_staleness)
    return "max_staleness is " + std::to_string(timing.max_staleness) +
      "; give 0 to " + std::to_string(most_staleness) +
      ", or leave it out to admit feedback of any version";
  if (timing.mode == timing_mode::synchronous && definition.max_in_flight != 1)
    return "synchronous timing with " +
      std::to_string(definition.max_in_flight) +
      " iterations in flight; call timing once, with synchronous{} or "
      "asynchronous{...}";
  return {};
}

std::string check_settings(const loop_definition& definition) {
  auto why =
    detail::check_positive("the join window", definition.join_window, "24h");
  if (!why.empty())
    return why;
  if (
    definition.max_in_flight == 0 || definition.max_in_flight > most_in_flight)
    return "max_in_flight is " + std::to_string(definition.max_in_flight) +
      "; give 1 to " + std::to_string(most_in_flight);
  if (why = check_timing(definition); !why.empty())
    return why;
  if (why = detail::check_priority(definition.priority); !why.empty())
    return why;
  if (why = detail::check_windows(definition.windows); !why.empty())
    return why;
  return check_keep(definition);
}

std::string first_breach(const loop_definition& definition) {
  const auto in_trigger = [](const loop_definition& d) {
    auto why = detail::check_trigger(d);
    return why.empty() ? why : "trigger: " + why;
  };
  if (auto why = detail::check_loop_name(definition.name); !why.empty())
    return why;
  if (auto why = check_channels(definition); !why.empty())
    return why;
  if (auto why = check_metrics(definition); !why.empty())
    return why;
  if (auto why = check_slices(definition); !why.empty())
    return why;
  if (auto why = check_settings(definition); !why.empty())
    return why;
  if (auto why = detail::check_areas(definition); !why.empty())
    return why;
  if (auto why = in_trigger(definition); !why.empty())
    return why;
  if (auto why = detail::check_stages(definition); !why.empty())
    return why;
  if (auto why = detail::check_cleanup(definition); !why.empty())
    return why;
  if (auto why = detail::check_graph(definition); !why.empty())
    return why;
  if (auto why = detail::check_conditions(definition); !why.empty())
    return why;
  return detail::check_fan_outs(definition);
}

error breach(const std::string& loop, const std::string& why) {
  return {errc::invalid_argument, "loop " + in_quotes(loop) + ": " + why};
}

} // namespace

result<void> check(const loop_definition& definition) {
  const auto why = first_breach(definition);
  if (!why.empty())
    return breach(definition.name, why);
  return {};
}

} // namespace ratchet::workflows

namespace ratchet {

result<void> check(const loop& loop) {
  const auto& definition = loop.definition();
  if (!loop.mistake().empty())
    return workflows::breach(definition.name, loop.mistake());
  if (auto checked = workflows::check(definition); !checked)
    return checked;
  for (const auto* stage : workflows::detail::all_stages(definition)) {
    if (stage->kind != workflows::stage_kind::callable)
      continue;
    const auto found = loop.functions().find(stage->name);
    if (found == loop.functions().end() || !found->second)
      return workflows::breach(
        definition.name,
        "stage " + workflows::in_quotes(stage->name) +
          ": its function is empty; give one that can be called");
  }
  return {};
}

result<void> check(const std::vector<loop>& loops) {
  std::set<std::string> seen;
  for (const auto& loop : loops) {
    if (auto checked = check(loop); !checked)
      return checked;
    if (!seen.insert(loop.definition().name).second)
      return workflows::breach(
        loop.definition().name, "two loops have this name; rename one");
  }
  for (const auto& loop : loops)
    for (const auto& other : workflows::sources_of(
           loop.definition().trigger, workflows::condition_kind::promoted))
      if (!seen.contains(other))
        return workflows::breach(
          loop.definition().name,
          "trigger: it waits for a promotion of loop " +
            workflows::in_quotes(other) +
            ", which is not hosted here; host both, or remove the condition");
  std::vector<const workflows::loop_definition*> all;
  for (const auto& loop : loops)
    all.push_back(&loop.definition());
  for (const auto* each : all)
    if (auto why = workflows::detail::check_nested(*each, all); !why.empty())
      return workflows::breach(each->name, why);
  return {};
}

} // namespace ratchet

namespace ratchet::workflows::detail {

std::string check_metric_in_range(
  const loop_definition& definition, const std::string& name,
  const std::string& which, const std::string& bounds_for) {
  const auto found = std::find_if(
    definition.metrics.begin(), definition.metrics.end(),
    [&](const metric_definition& each) { return each.name == name; });
  if (found == definition.metrics.end())
    return name.empty() ? "no metric; set .metric to the one " + which
                        : "metric " + in_quotes(name) +
        " is not declared; declare it with metric(...)";
  const auto* channel = definition.channel(found->channel);
  const bool bounded =
    channel->min && channel->max && *channel->min < *channel->max;
  if (channel->type == value_type::number && !bounded)
    return "metric " + in_quotes(name) + " is made from channel " +
      in_quotes(channel->name) + ", whose numbers have no bounds " +
      bounds_for + "; declare it with number_between(...)";
  return {};
}

} // namespace ratchet::workflows::detail
