#include "api/views.hpp"
#include "workflows/condition.hpp"
#include "workflows/waits.hpp"

namespace ratchet::api {
namespace {

std::string_view name_of(workflows::value_type type) {
  switch (type) {
  case workflows::value_type::boolean:
    return "boolean";
  case workflows::value_type::number:
    return "number";
  case workflows::value_type::category:
    return "category";
  case workflows::value_type::text:
    return "text";
  }
  return {};
}

std::string_view name_of(workflows::stage_kind kind) {
  switch (kind) {
  case workflows::stage_kind::command:
    return "command";
  case workflows::stage_kind::callable:
    return "callable";
  case workflows::stage_kind::dataset:
    return "dataset";
  case workflows::stage_kind::gate:
    return "gate";
  case workflows::stage_kind::promote:
    return "promote";
  case workflows::stage_kind::approval:
    return "approval";
  case workflows::stage_kind::sleep:
    return "sleep";
  case workflows::stage_kind::wait_signal:
    return "wait_signal";
  case workflows::stage_kind::run_loop:
    return "run_loop";
  case workflows::stage_kind::choose:
    return "choose";
  case workflows::stage_kind::experiment:
    return "experiment";
  }
  return {};
}

void write_texts(
  json_writer& to, std::string_view name,
  const std::vector<std::string>& texts) {
  to.key(name).begin_array();
  for (const auto& text : texts)
    to.value(text);
  to.end_array();
}

void write_channel(
  json_writer& to, const workflows::channel_definition& channel) {
  to.begin_object()
    .field("name", channel.name)
    .field("type", name_of(channel.type));
  if (!channel.labels.empty())
    write_texts(to, "labels", channel.labels);
  if (channel.min)
    to.field("min", *channel.min);
  if (channel.max)
    to.field("max", *channel.max);
  to.end_object();
}

void write_condition(
  json_writer& to, const workflows::trigger_condition& condition) {
  to.begin_object().field("kind", kind_name(condition.kind));
  if (condition.hysteresis)
    to.field("hysteresis", true);
  switch (condition.kind) {
  case workflows::condition_kind::feedback_count:
    to.field("channel", condition.channel).field("count", condition.count);
    break;
  case workflows::condition_kind::every:
    to.field("interval_ms", condition.interval.count());
    break;
  case workflows::condition_kind::cron:
    to.field("schedule", condition.schedule).field("zone", condition.zone);
    break;
  case workflows::condition_kind::champion_age:
    to.field("age_ms", condition.interval.count());
    break;
  case workflows::condition_kind::webhook:
    to.field("name", condition.source);
    break;
  case workflows::condition_kind::promoted:
    to.field("loop", condition.source);
    break;
  case workflows::condition_kind::drop:
    to.field("metric", condition.source).key("rule");
    write_drop_rule(to, condition.drop);
    break;
  case workflows::condition_kind::area:
    to.field("metric", condition.source)
      .field("impact", condition.area.impact)
      .field("rows", condition.area.rows);
    break;
  case workflows::condition_kind::rolled_back:
    break;
  case workflows::condition_kind::at_least_of:
    to.field("count", condition.count);
    [[fallthrough]];
  case workflows::condition_kind::any_of:
  case workflows::condition_kind::all_of:
    to.key("of").begin_array();
    for (const auto& child : condition.children)
      write_condition(to, child);
    to.end_array();
    break;
  }
  to.end_object();
}

void write_for_each(
  json_writer& to, const workflows::fan_out_options& options) {
  to.key("for_each")
    .begin_object()
    .field("source", workflows::to_string(options.source))
    .field("text", workflows::to_text(options));
  if (!options.items.empty())
    write_texts(to, "items", options.items);
  to.field_unless_empty("stage", options.stage)
    .field_unless_empty("name", options.name);
  if (options.count != 0)
    to.field("count", options.count);
  if (options.parallel != 0)
    to.field("parallel", options.parallel);
  to.field("policy", workflows::to_string(options.policy));
  if (options.least_items != 0)
    to.field("least_items", options.least_items);
  if (options.least_share != 0)
    to.field("least_share", options.least_share);
  to.end_object();
}
void write_wait(json_writer& to, const workflows::stage_definition& stage) {
  to.field_unless_empty("signal", stage.wait.signal)
    .field("within_ms", stage.wait.within.count());
  if (stage.kind != workflows::stage_kind::sleep)
    to.field("on_timeout", workflows::to_string(stage.wait.on_timeout));
}

void write_nested(json_writer& to, const workflows::nested_options& nested) {
  to.field("loop", nested.loop)
    .field("on_timeout", workflows::to_string(nested.on_timeout))
    .field("on_rejected", workflows::to_string(nested.on_rejected))
    .field("on_failed", workflows::to_string(nested.on_failed));
}

void write_default(json_writer& to, const std::optional<double>& outcome) {
  if (outcome)
    to.field("default_outcome", *outcome);
}

void write_traffic(
  json_writer& to, const workflows::experiment_options& options) {
  if (options.ramp.empty()) {
    to.field("traffic", options.traffic);
    return;
  }
  to.key("ramp").begin_array();
  for (const auto& step : options.ramp)
    to.begin_object()
      .field("traffic", step.traffic)
      .field("lasts_ms", step.lasts.count())
      .end_object();
  to.end_array();
}

void write_experiment(
  json_writer& to, const workflows::experiment_options& options) {
  to.field("metric", options.metric).field("min_effect", options.min_effect);
  write_default(to, options.default_outcome);
  to.key("guardrails").begin_array();
  for (const auto& guardrail : options.guardrails) {
    to.begin_object()
      .field("metric", guardrail.metric)
      .field("allowed_loss", guardrail.allowed_loss);
    write_default(to, guardrail.default_outcome);
    to.end_object();
  }
  to.end_array();
  write_traffic(to, options);
  to.field("min_units", options.min_units)
    .field("max_units", options.max_units)
    .field("min_duration_ms", options.min_duration.count())
    .field("max_duration_ms", options.max_duration.count());
  number_field(
    to, "horizon_ms", static_cast<std::uint64_t>(options.horizon.count()));
  to.field("harm_margin", options.harm_margin)
    .field("alpha", options.alpha)
    .field("guardrail_alpha", options.guardrail_alpha)
    .field("harm_alpha", options.harm_alpha)
    .field("min_share", options.min_share)
    .field("planned_units", options.planned_units)
    .field("challengers", std::uint64_t{options.challengers});
}

/// What runs and under which limits. Not `env`: it may hold secrets.
void write_stage_fields(
  json_writer& to, const workflows::stage_definition& stage) {
  to.field("name", stage.name).field("kind", name_of(stage.kind));
  write_texts(to, "after", stage.after);
  if (!stage.argv.empty())
    write_texts(to, "argv", stage.argv);
  if (stage.kind == workflows::stage_kind::dataset)
    to.field("format", stage.dataset.format)
      .field("channel", stage.dataset.channel)
      .field("eval_fraction", stage.dataset.eval_fraction)
      .field("whole_history", stage.dataset.whole_history)
      .field("oversample_areas", stage.dataset.oversample_areas);
  if (stage.kind == workflows::stage_kind::gate)
    to.field("metric", stage.gate.metric)
      .field("margin", stage.gate.margin)
      .field("alpha", stage.gate.alpha)
      .field("min_pairs", stage.gate.min_pairs)
      .field("must_improve", stage.gate.must_improve);
  if (stage.promotion.probation != duration{0})
    to.field("probation_ms", stage.promotion.probation.count());
  to.field_unless_empty("choose_by", stage.choose_by);
  if (stage.kind == workflows::stage_kind::run_loop)
    write_nested(to, stage.nested);
  if (workflows::is_wait(stage.kind))
    write_wait(to, stage);
  else if (stage.experiment)
    write_experiment(to, *stage.experiment);
  else
    to.field("timeout_ms", stage.timeout.count())
      .field("max_attempts", stage.retry.max_attempts);
  to.field_unless_empty("label", stage.label)
    .field_unless_empty(
      "when", stage.when ? workflows::to_text(*stage.when) : std::string{});
  if (stage.start_within != duration{0})
    to.field("start_within_ms", stage.start_within.count());
  if (stage.heartbeat_within != duration{0})
    to.field("heartbeat_within_ms", stage.heartbeat_within.count());
  if (stage.priority)
    to.field("priority", *stage.priority);
  if (!stage.retry.non_retryable.empty())
    write_texts(to, "non_retryable", stage.retry.non_retryable);
  if (stage.for_each)
    write_for_each(to, *stage.for_each);
}

void write_cleanup(
  json_writer& to, const workflows::cleanup_definition& cleanup) {
  to.begin_object()
    .field("cleanup", workflows::to_string(cleanup.kind))
    .field_unless_empty("undoes", cleanup.undoes);
  write_stage_fields(to, cleanup.stage);
  to.end_object();
}

} // namespace

void time_field(json_writer& to, std::string_view name, time_point value) {
  if (to_ms(value) == 0)
    to.key(name).null();
  else
    to.field(name, to_iso8601(value));
}

void number_field(json_writer& to, std::string_view name, std::uint64_t value) {
  if (value == 0)
    to.key(name).null();
  else
    to.field(name, value);
}

void write_definition(
  json_writer& to, const workflows::loop_definition& definition) {
  to.begin_object();
  to.key("channels").begin_array();
  for (const auto& channel : definition.channels)
    write_channel(to, channel);
  to.end_array();
  to.key("metrics").begin_array();
  for (const auto& metric : definition.metrics) {
    to.begin_object()
      .field("name", metric.name)
      .field("channel", metric.channel)
      .field("higher_is_better", metric.higher_is_better);
    if (metric.alarm) {
      to.key("alarm");
      write_drop_rule(to, *metric.alarm);
    }
    to.end_object();
  }
  to.end_array();
  to.key("windows")
    .begin_object()
    .field("size_ms", definition.windows.size.count())
    .field("slide_ms", definition.windows.slide.count())
    .field("keep_ms", definition.windows.keep.count())
    .end_object();
  to.key("areas").begin_array();
  for (const auto& options : definition.areas)
    write_area_options(to, options);
  to.end_array();
  write_texts(to, "slice_by", definition.slice_by);
  to.field("join_window_ms", definition.join_window.count())
    .field("max_in_flight", definition.max_in_flight)
    .field("priority", definition.priority)
    .field("timing", workflows::to_string(definition.timing.mode))
    .field("late_feedback", workflows::to_string(definition.timing.late));
  if (definition.timing.mode == workflows::timing_mode::asynchronous)
    to.field("max_staleness", definition.timing.max_staleness);
  number_field(to, "concurrency", definition.concurrency);
  to.key("keep").begin_object();
  if (definition.keep.age)
    to.field("age_ms", definition.keep.age->count());
  if (definition.keep.bytes)
    to.field("bytes", *definition.keep.bytes);
  to.end_object();
  to.key("trigger").begin_object().key("condition");
  if (definition.trigger.condition)
    write_condition(to, *definition.trigger.condition);
  else
    to.null();
  to.field("cooldown_ms", definition.trigger.cooldown.count())
    .field("minimum", definition.trigger.minimum)
    .field("busy", policy_name(definition.trigger.busy));
  if (const auto& budget = definition.trigger.budget; budget.starts != 0)
    to.key("budget")
      .begin_object()
      .field("starts", std::uint64_t{budget.starts})
      .field("window_ms", budget.window.count())
      .end_object();
  if (const auto& compute = definition.trigger.compute;
      compute.running != duration{0})
    to.key("compute_budget")
      .begin_object()
      .field("running_ms", compute.running.count())
      .field("window_ms", compute.window.count())
      .end_object();
  to.end_object();
  to.key("stages").begin_array();
  for (const auto& stage : definition.stages) {
    to.begin_object();
    write_stage_fields(to, stage);
    to.end_object();
  }
  to.end_array();
  to.key("cleanup").begin_array();
  for (const auto& each : definition.cleanup)
    write_cleanup(to, each);
  to.end_array().end_object();
}

} // namespace ratchet::api
