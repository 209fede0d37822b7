#include "workflows/describe.hpp"

#include "workflows/condition.hpp"
#include "workflows/drops.hpp"
#include "workflows/waits.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace ratchet::workflows {

namespace {

std::string
joined(const std::vector<std::string>& parts, std::string_view between = ", ") {
  std::string out;
  for (const auto& part : parts)
    out.append(out.empty() ? std::string_view{} : between).append(part);
  return out;
}

/// Shortest text that reads back as the number.
std::string number_text(double value) {
  std::string out;
  for (int digits = 1; digits <= 17; ++digits) {
    char buffer[32];
    const auto size = std::snprintf(
      static_cast<char*>(buffer), sizeof buffer, "%.*g", digits, value);
    out.assign(
      static_cast<const char*>(buffer), static_cast<std::size_t>(size));
    if (std::stod(out) == value)
      break;
  }
  return out;
}

/// Of the items that a stage runs for.
std::string policy_text(const fan_out_options& options) {
  std::string out{to_string(options.policy)};
  if (options.policy == item_policy::threshold)
    out += " of " + std::to_string(options.least_items) +
      " items and a share of " + number_text(options.least_share);
  return out;
}

std::string parallel_text(const fan_out_options& options) {
  return options.parallel == 0 ? "as many as may be"
                               : std::to_string(options.parallel);
}

std::string items_text(const fan_out_options& options) {
  return to_text(options) +
    (options.items.empty() ? "" : ": " + joined(options.items));
}

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

std::string time_or_none(duration value) {
  return value == duration{0} ? "none" : format_duration(value);
}

std::string count_or_none(std::uint64_t value) {
  return value == 0 ? "none" : std::to_string(value);
}

std::string quoted(std::string_view kind, const std::string& name) {
  return std::string{kind} + " \"" + name + "\"";
}

std::string_view name_of(stage_kind kind) {
  switch (kind) {
  case stage_kind::command:
    return "command";
  case stage_kind::callable:
    return "function";
  case stage_kind::dataset:
    return "export_dataset";
  case stage_kind::gate:
    return "gate";
  case stage_kind::promote:
    return "promote";
  case stage_kind::approval:
    return "approval";
  case stage_kind::sleep:
    return "sleep";
  case stage_kind::wait_signal:
    return "wait_for_signal";
  case stage_kind::run_loop:
    return "run_loop";
  case stage_kind::choose:
    return "choose";
  case stage_kind::experiment:
    return "experiment";
  }
  return "unknown";
}

std::string type_of(const channel_definition& channel) {
  switch (channel.type) {
  case value_type::boolean:
    return "boolean";
  case value_type::number:
    if (channel.min || channel.max)
      return "number from " +
        (channel.min ? number_text(*channel.min) : std::string{"anything"}) +
        " to " +
        (channel.max ? number_text(*channel.max) : std::string{"anything"});
    return "any_number";
  case value_type::category:
    return "category of " + joined(channel.labels);
  case value_type::text:
    return "text";
  }
  return "unknown";
}

std::string condition_text(const trigger_condition& condition) {
  return to_text(condition) + (condition.hysteresis ? ".hysteresis()" : "");
}

std::string_view name_of(when_busy busy) {
  switch (busy) {
  case when_busy::coalesce:
    return "coalesce";
  case when_busy::skip:
    return "skip";
  case when_busy::queue_one:
    return "queue_one";
  }
  return "unknown";
}

std::string in_window(std::string amount, duration window) {
  return std::move(amount) + " in " + format_duration(window);
}

std::string exit_codes(const std::vector<int>& codes) {
  std::vector<std::string> parts;
  parts.reserve(codes.size());
  for (const auto code : codes)
    parts.push_back(std::to_string(code));
  return parts.empty() ? "none" : joined(parts);
}

/// Gathers the settings of one place after the other.
class description {
public:
  /// `what` is what the place is: said of one that comes or goes.
  description& at(std::string place, std::string what) {
    place_ = std::move(place);
    return say("", std::move(what));
  }
  description& say(std::string name, std::string value) {
    all_.push_back({place_, std::move(name), std::move(value)});
    return *this;
  }

  [[nodiscard]] std::vector<setting> take() { return std::move(all_); }

private:
  std::string place_;
  std::vector<setting> all_;
};

void describe_retry(description& to, const retry_policy& retry) {
  to.say("retry max_attempts", std::to_string(retry.max_attempts))
    .say("retry initial", format_duration(retry.initial))
    .say("retry multiplier", number_text(retry.multiplier))
    .say("retry cap", format_duration(retry.cap))
    .say("retry jitter", number_text(retry.jitter))
    .say(
      "retry non_retryable_exit_codes",
      exit_codes(retry.non_retryable_exit_codes))
    .say(
      "retry non_retryable",
      retry.non_retryable.empty() ? "none" : joined(retry.non_retryable));
}

void describe_items(description& to, const stage_definition& stage) {
  if (!stage.for_each) {
    to.say("for_each", "once");
    return;
  }
  to.say("for_each", items_text(*stage.for_each))
    .say("parallel", parallel_text(*stage.for_each))
    .say("if an item fails", policy_text(*stage.for_each));
}

void describe_nested(description& to, const nested_options& nested) {
  to.say("loop", nested.loop)
    .say("on_timeout", std::string{to_string(nested.on_timeout)})
    .say("on_rejected", std::string{to_string(nested.on_rejected)})
    .say("on_failed", std::string{to_string(nested.on_failed)});
}

std::string default_text(const std::optional<double>& outcome) {
  return outcome ? number_text(*outcome) : "none";
}

std::string guardrails_text(const experiment_options& options) {
  std::vector<std::string> all;
  for (const auto& each : options.guardrails)
    all.push_back(
      each.metric + " may lose " + number_text(each.allowed_loss) +
      (each.default_outcome
         ? ", " + number_text(*each.default_outcome) + " by default"
         : ""));
  return all.empty() ? "none" : joined(all, "; ");
}

std::string traffic_text(const experiment_options& options) {
  if (options.ramp.empty())
    return number_text(options.traffic);
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < options.ramp.size(); ++i)
    steps.push_back(
      number_text(options.ramp[i].traffic) +
      (i + 1 < options.ramp.size()
         ? " for " + format_duration(options.ramp[i].lasts)
         : ""));
  return joined(steps, ", then ");
}

void describe_experiment(description& to, const experiment_options& options) {
  to.say("metric", options.metric)
    .say("min_effect", number_text(options.min_effect))
    .say("default_outcome", default_text(options.default_outcome))
    .say("guardrails", guardrails_text(options))
    .say("traffic", traffic_text(options))
    .say("min_share", number_text(options.min_share))
    .say(
      "units",
      std::to_string(options.min_units) + " of each arm to " +
        std::to_string(options.max_units) + " of all")
    .say(
      "time",
      time_or_none(options.min_duration) + " to " +
        format_duration(options.max_duration))
    .say(
      "horizon",
      options.horizon == duration{0} ? "the join window"
                                     : format_duration(options.horizon))
    .say("harm_margin", number_text(options.harm_margin))
    .say("alpha", number_text(options.alpha))
    .say("guardrail_alpha", number_text(options.guardrail_alpha))
    .say("harm_alpha", number_text(options.harm_alpha))
    .say("planned_units", number_text(options.planned_units))
    .say("challengers", std::to_string(options.challengers) + " at most");
}

void describe_kind(description& to, const stage_definition& stage) {
  if (stage.experiment)
    describe_experiment(to, *stage.experiment);
  if (stage.kind == stage_kind::dataset)
    to.say("format", stage.dataset.format)
      .say("channel", stage.dataset.channel)
      .say("eval_fraction", number_text(stage.dataset.eval_fraction))
      .say("whole_history", yes_or_no(stage.dataset.whole_history))
      .say("oversample_areas", number_text(stage.dataset.oversample_areas));
  if (stage.kind == stage_kind::gate)
    to.say("metric", stage.gate.metric)
      .say("margin", number_text(stage.gate.margin))
      .say("alpha", number_text(stage.gate.alpha))
      .say("min_pairs", std::to_string(stage.gate.min_pairs))
      .say("must_improve", yes_or_no(stage.gate.must_improve));
  if (stage.kind == stage_kind::promote)
    to.say("probation", time_or_none(stage.promotion.probation));
  if (is_wait(stage.kind))
    to.say("within", format_duration(stage.wait.within));
  if (stage.kind == stage_kind::wait_signal)
    to.say("signal", stage.wait.signal);
  if (is_wait(stage.kind) && stage.kind != stage_kind::sleep)
    to.say("on_timeout", std::string{to_string(stage.wait.on_timeout)});
  if (stage.kind == stage_kind::run_loop)
    describe_nested(to, stage.nested);
  if (stage.kind == stage_kind::choose)
    to.say(
      "by", stage.choose_by.empty() ? "the last gate before" : stage.choose_by);
  for (const auto& [name, value] : stage.env)
    to.say("env " + name, value.empty() ? "set to nothing" : "set");
}

std::string what_it_is(const stage_definition& stage) {
  return std::string{name_of(stage.kind)} +
    (stage.argv.empty() ? "" : " " + joined(stage.argv, " "));
}

void describe_stage(
  description& to, const std::string& place, const std::string& what,
  const stage_definition& stage) {
  to.at(place, what)
    .say("runs", what_it_is(stage))
    .say("after", stage.after.empty() ? "nothing" : joined(stage.after))
    .say("when", stage.when ? to_text(*stage.when) : "always")
    .say("timeout", format_duration(stage.timeout))
    .say("grace", format_duration(stage.grace))
    .say("start_within", time_or_none(stage.start_within))
    .say("heartbeat_within", time_or_none(stage.heartbeat_within))
    .say("label", stage.label.empty() ? "any" : stage.label)
    .say(
      "priority",
      stage.priority ? std::to_string(*stage.priority) : "the loop's");
  describe_retry(to, stage.retry);
  describe_items(to, stage);
  describe_kind(to, stage);
}

void describe_trigger(description& to, const trigger_policy& trigger) {
  to.at("trigger", "trigger")
    .say(
      "retrain_when",
      trigger.condition ? condition_text(*trigger.condition) : "by hand")
    .say("cooldown", time_or_none(trigger.cooldown))
    .say("at_least", std::to_string(trigger.minimum))
    .say(
      "budget",
      trigger.budget.starts == 0
        ? "none"
        : in_window(
            std::to_string(trigger.budget.starts), trigger.budget.window))
    .say(
      "compute budget",
      trigger.compute.running == duration{0}
        ? "none"
        : in_window(
            format_duration(trigger.compute.running), trigger.compute.window))
    .say("when busy", std::string{name_of(trigger.busy)});
}

void describe_areas(description& to, const area_options& options) {
  const auto what = quoted("areas of", options.metric);
  to.at(what, "improvement areas")
    .say("by", options.by.empty() ? "slice_by" : joined(options.by))
    .say("every", format_duration(options.every))
    .say("look_back", format_duration(options.look_back))
    .say("min_volume", number_text(options.min_volume))
    .say("min_gap", number_text(options.min_gap))
    .say("false_discovery_rate", number_text(options.false_discovery_rate))
    .say("most", std::to_string(options.most))
    .say("max_predicates", std::to_string(options.max_predicates))
    .say("examples", std::to_string(options.examples))
    .say("max_rows", std::to_string(options.max_rows))
    .say("one_per_subject", yes_or_no(options.one_per_subject));
}

void describe_loop(description& to, const loop_definition& d) {
  std::vector<std::string> order;
  order.reserve(d.stages.size());
  for (const auto& stage : d.stages)
    order.push_back(stage.name);
  to.at("loop", "loop")
    .say("slice_by", d.slice_by.empty() ? "nothing" : joined(d.slice_by))
    .say("join_within", format_duration(d.join_window))
    .say(
      "windows",
      format_duration(d.windows.size) + " every " +
        format_duration(d.windows.slide) + ", kept for " +
        format_duration(d.windows.keep))
    .say("timing", std::string{to_string(d.timing.mode)})
    .say("max_staleness", std::to_string(d.timing.max_staleness))
    .say("late_feedback", std::string{to_string(d.timing.late)})
    .say("max_in_flight", std::to_string(d.max_in_flight))
    .say("concurrency", count_or_none(d.concurrency))
    .say("priority", std::to_string(d.priority))
    .say("keep age", d.keep.age ? format_duration(*d.keep.age) : "for ever")
    .say(
      "keep bytes",
      d.keep.bytes ? std::to_string(*d.keep.bytes) : "all of them")
    .say("order of stages", joined(order));
}

/// Values that differ, and are not shown.
void compare_secrets(
  const std::string& place, const stage_definition* before,
  const stage_definition& after, std::vector<definition_change>& out) {
  if (before == nullptr)
    return;
  for (const auto& [name, value] : after.env) {
    const auto old = before->env.find(name);
    if (
      old != before->env.end() && old->second != value &&
      old->second.empty() == value.empty())
      out.push_back({place, "env " + name, "set", "set to something else"});
  }
}

using place_map = std::map<std::string, std::map<std::string, std::string>>;

place_map by_place(const std::vector<setting>& all) {
  place_map out;
  for (const auto& each : all)
    out[each.place][each.name] = each.value;
  return out;
}

} // namespace

std::vector<setting> describe(const loop_definition& definition) {
  description out;
  describe_loop(out, definition);
  for (const auto& channel : definition.channels)
    out.at(quoted("channel", channel.name), type_of(channel))
      .say("type", type_of(channel));
  for (const auto& metric : definition.metrics)
    out.at(quoted("metric", metric.name), "metric from " + metric.channel)
      .say("from", metric.channel)
      .say("better", metric.higher_is_better ? "higher" : "lower")
      .say(
        "alarm", metric.alarm ? drop_text(metric.name, *metric.alarm) : "none");
  for (const auto& options : definition.areas)
    describe_areas(out, options);
  describe_trigger(out, definition.trigger);
  for (const auto& stage : definition.stages)
    describe_stage(out, quoted("stage", stage.name), what_it_is(stage), stage);
  for (const auto& each : definition.cleanup) {
    const auto kind = std::string{to_string(each.kind)} +
      (each.undoes.empty() ? "" : " \"" + each.undoes + "\"");
    describe_stage(
      out, quoted("cleanup", each.stage.name),
      kind + ": " + what_it_is(each.stage), each.stage);
    out.say("runs as", kind);
  }
  return out.take();
}

std::vector<definition_change>
differences(const loop_definition& before, const loop_definition& after) {
  const auto old_settings = describe(before);
  const auto new_settings = describe(after);
  const auto old_places = by_place(old_settings);
  const auto new_places = by_place(new_settings);
  std::vector<definition_change> out;
  for (const auto& each : new_settings) {
    const auto place = old_places.find(each.place);
    if (place == old_places.end()) {
      if (each.name.empty())
        out.push_back({each.place, "", std::nullopt, each.value});
      continue;
    }
    if (each.name.empty()) // What it is, is among its settings as well.
      continue;
    const auto old = place->second.find(each.name);
    if (old == place->second.end())
      out.push_back({each.place, each.name, std::nullopt, each.value});
    else if (old->second != each.value)
      out.push_back({each.place, each.name, old->second, each.value});
  }
  for (const auto& stage : after.stages)
    compare_secrets(
      quoted("stage", stage.name), before.stage(stage.name), stage, out);
  for (const auto& each : after.cleanup) {
    const auto* old = before.cleanup_stage(each.stage.name);
    compare_secrets(
      quoted("cleanup", each.stage.name),
      old == nullptr ? nullptr : &old->stage, each.stage, out);
  }
  for (const auto& each : old_settings) {
    const auto place = new_places.find(each.place);
    if (place == new_places.end()) {
      if (each.name.empty())
        out.push_back({each.place, "", each.value, std::nullopt});
    } else if (!place->second.contains(each.name)) {
      out.push_back({each.place, each.name, each.value, std::nullopt});
    }
  }
  return out;
}

} // namespace ratchet::workflows
