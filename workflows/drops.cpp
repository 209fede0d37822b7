#include "workflows/drops.hpp"

#include "workflows/detail/checking.hpp"
#include "workflows/detail/number_text.hpp"
#include "workflows/loop_state.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ratchet::workflows {

namespace {

using detail::number_text;
using detail::rounded;

constexpr double warn_share = 0.1;
constexpr double most_days = 36'500;
/// Pieces of event time that a window may be made of, and that are kept.
constexpr std::int64_t most_panes = 5'000;

void gather(
  const loop_definition& definition, const std::string& metric,
  const drop_rule& rule, std::map<std::string, watched_drop>& into) {
  watched_drop watched{metric, rule};
  for (const auto& each : definition.metrics)
    if (each.name == metric)
      if (const auto* channel = definition.channel(each.channel);
          channel != nullptr && channel->type == value_type::number) {
        watched.low = channel->min.value_or(0);
        watched.high = channel->max.value_or(1);
      }
  into.emplace(drop_text(metric, rule), std::move(watched));
}

void gather(
  const loop_definition& definition, const trigger_condition& condition,
  std::map<std::string, watched_drop>& into) {
  if (condition.kind == condition_kind::drop)
    gather(definition, condition.source, condition.drop, into);
  for (const auto& child : condition.children)
    gather(definition, child, into);
}

std::string
check_limit(const metric_definition& metric, const drop_rule& rule) {
  const auto name = detail::in_quotes(metric.name);
  if (std::isnan(rule.limit))
    return "the drop of metric " + name +
      " needs one limit; give either .below or .above";
  if (rule.rising && metric.higher_is_better)
    return "metric " + name +
      " is the better the higher, so it drops below a limit; give .below, or "
      "declare it lower_is_better()";
  if (!rule.rising && !metric.higher_is_better)
    return "metric " + name +
      " is the better the lower, so it gets worse above a limit; give .above, "
      "or declare it higher_is_better()";
  return {};
}

std::string check_days(const drop_rule& rule) {
  // Written so that NaN, which compares false, is refused too.
  if (!(rule.days > 0 && rule.days <= most_days))
    return "false alarms " + number_text(rule.days) +
      " days apart; give more than 0 and at most " + number_text(most_days);
  if (!(rule.warn_days >= 0 && rule.warn_days <= rule.days))
    return "false warnings " + number_text(rule.warn_days) +
      " days apart; give at most the " + number_text(rule.days) +
      " days of alarms, or 0 for a tenth of them";
  return {};
}

} // namespace

std::string_view to_string(drop_level level) {
  switch (level) {
  case drop_level::calm:
    return "calm";
  case drop_level::warning:
    return "warning";
  case drop_level::alarm:
    return "alarm";
  }
  return "unknown";
}

std::map<std::string, watched_drop>
watched_drops(const loop_definition& definition) {
  std::map<std::string, watched_drop> all;
  if (definition.trigger.condition)
    gather(definition, *definition.trigger.condition, all);
  for (const auto& metric : definition.metrics)
    if (metric.alarm)
      gather(definition, metric.name, *metric.alarm, all);
  return all;
}

std::string drop_text(const std::string& metric, const drop_rule& rule) {
  auto text = "drop_of(\"" + metric + "\", {" +
    (rule.rising ? ".above = " : ".below = ") + number_text(rule.limit) +
    ", .mean_days_between_false_alarms = " + number_text(rule.days);
  if (rule.observations > 0)
    text += ", .observations_between_false_alarms = " +
      std::to_string(rule.observations);
  if (rule.warn_days > 0)
    text +=
      ", .mean_days_between_false_warnings = " + number_text(rule.warn_days);
  return text + "})";
}

double warn_days_of(const drop_rule& rule) {
  return rule.warn_days > 0 ? rule.warn_days : rule.days * warn_share;
}

std::string drop_sentence(
  const std::string& metric, const drop_rule& rule,
  const drop_reading* reading) {
  if (reading == nullptr || reading->observations == 0)
    return "nothing has been seen of " + metric + " since its watch began";
  const auto& r = *reading;
  const auto limit = number_text(rule.limit);
  auto text = metric + " of " +
    (r.version.value == 0 ? std::string{"what serves without a version"}
                          : "version " + std::to_string(r.version.value));
  const auto all = std::to_string(r.observations) + " observations";
  if (r.level == drop_level::calm)
    return text + " is " + rounded(r.mean) + " on average over " + all +
      "; the evidence that it " +
      (rule.rising ? "rose above " : "fell below ") + limit + " is " +
      rounded(r.evidence) + " of " + rounded(rule.days) + " days";
  text += r.level == drop_level::alarm
    ? (rule.rising ? " rose above " : " fell below ")
    : (rule.rising ? " may have risen above " : " may have fallen below ");
  text += limit + ": ";
  text += r.recent > 0 && r.recent < r.observations
    ? rounded(r.recent_mean) + " on average over the last " +
      std::to_string(r.recent) + " of " + all
    : rounded(r.mean) + " on average over " + all;
  return text + "; evidence of " + rounded(r.evidence) + " days, of " +
    rounded(r.threshold) + " (by chance it comes so far once in " +
    rounded(r.threshold) + " days)";
}

std::string detail::check_drop(
  const loop_definition& definition, const std::string& metric,
  const drop_rule& rule) {
  const auto found = std::find_if(
    definition.metrics.begin(), definition.metrics.end(),
    [&](const metric_definition& each) { return each.name == metric; });
  if (found == definition.metrics.end())
    return "metric " + in_quotes(metric) + " is not declared; add metric(" +
      in_quotes(metric) + ").from(...)";
  if (auto why = check_limit(*found, rule); !why.empty())
    return why;
  const auto* channel = definition.channel(found->channel);
  if (channel == nullptr)
    return unknown_channel(found->channel);
  const bool number = channel->type == value_type::number;
  if (number && (!channel->min || !channel->max))
    return "metric " + in_quotes(metric) + " is made from channel " +
      in_quotes(found->channel) +
      ", which has no bounds, and a drop is watched for inside of some; "
      "declare it with number_between(...)";
  const auto low = number ? *channel->min : 0;
  const auto high = number ? *channel->max : 1;
  if (!(low < rule.limit && rule.limit < high))
    return "a limit of " + number_text(rule.limit) + " for metric " +
      in_quotes(metric) + " is not between " + number_text(low) + " and " +
      number_text(high);
  constexpr double widest = 1e9;
  if (low < -widest || high > widest)
    return "metric " + in_quotes(metric) +
      " is watched for a drop, so its channel's bounds may be 1e9 at most";
  return check_days(rule);
}

std::string detail::check_windows(const window_policy& windows) {
  if (auto why = check_positive("windows: the size", windows.size, "24h");
      !why.empty())
    return why;
  if (auto why = check_positive("windows: the slide", windows.slide, "1h");
      !why.empty())
    return why;
  if (windows.slide > windows.size || windows.keep < windows.size)
    return "windows of " + format_duration(windows.size) + " every " +
      format_duration(windows.slide) + ", kept for " +
      format_duration(windows.keep) +
      "; give a slide of at most the size, and keep them for their size at "
      "least";
  const auto pane = std::gcd(windows.size.count(), windows.slide.count());
  if (windows.keep.count() / pane > most_panes)
    return "windows of " + format_duration(windows.size) + " every " +
      format_duration(windows.slide) + ", kept for " +
      format_duration(windows.keep) + ", are made of more than " +
      std::to_string(most_panes) +
      " pieces; keep them for less, or let size and slide have a larger "
      "common divisor";
  return check_positive("windows: what is kept", windows.keep, "168h");
}

std::vector<drop_raised> find_alarms(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, time_point now) {
  std::vector<drop_raised> raised;
  for (auto& [condition, watched] : watched_drops(definition)) {
    const auto* reading = current_reading(state.trigger, inputs, condition);
    if (reading == nullptr || reading->level == drop_level::calm)
      continue;
    const bool known = std::any_of(
      state.alarms.begin(), state.alarms.end(), [&](const alarm_mark& one) {
        return one.condition == condition && one.record == reading->record &&
          one.level >= reading->level;
      });
    if (!known)
      raised.push_back(
        {condition, watched.metric, watched.rule, *reading,
         drop_sentence(watched.metric, watched.rule, reading), inputs.cursor,
         now});
  }
  return raised;
}

std::size_t open_alarms(const loop_state& state, drop_level level) {
  return static_cast<std::size_t>(std::count_if(
    state.alarms.begin(), state.alarms.end(), [level](const alarm_mark& one) {
      return one.level == level && !one.closed;
    }));
}

} // namespace ratchet::workflows
