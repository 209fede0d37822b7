#include "workflows/detail/canonical_text.hpp"

#include "base/bytes.hpp"

#include <bit>
#include <string_view>

namespace ratchet::workflows::detail {

namespace {

class writer {
public:
  void text(std::string_view value) {
    out_ += std::to_string(value.size());
    out_ += ':';
    out_ += value;
  }
  void number(std::uint64_t value) { text(std::to_string(value)); }
  void signed_number(std::int64_t value) { text(std::to_string(value)); }
  void time(duration value) { signed_number(value.count()); }
  void flag(bool value) { text(value ? "1" : "0"); }
  /// The bits, because decimal text depends on the library that prints it.
  void real(double value) {
    text(to_hex(std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value)));
  }
  void optional_real(const std::optional<double>& value) {
    flag(value.has_value());
    if (value)
      real(*value);
  }
  template <class Enum>
  void code(Enum value) {
    number(static_cast<std::uint64_t>(value));
  }
  template <class Items, class Write>
  void list(const Items& items, Write write) {
    number(items.size());
    for (const auto& item : items)
      write(item);
  }
  void texts(const std::vector<std::string>& items) {
    list(items, [this](const std::string& item) { text(item); });
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

private:
  std::string out_;
};

void write(writer& w, const channel_definition& channel) {
  w.text(channel.name);
  w.code(channel.type);
  w.texts(channel.labels);
  w.optional_real(channel.min);
  w.optional_real(channel.max);
}

void write(writer& w, const metric_definition& metric) {
  w.text(metric.name);
  w.text(metric.channel);
  w.flag(metric.higher_is_better);
}

void write(writer& w, const drop_rule& rule) {
  w.real(rule.limit);
  w.flag(rule.rising);
  w.real(rule.days);
  w.real(rule.warn_days);
  w.number(rule.observations);
}

void write(writer& w, const trigger_condition& condition) {
  w.code(condition.kind);
  w.text(condition.channel);
  w.number(condition.count);
  w.time(condition.interval);
  // Kinds that came later say more; those before keep their text.
  if (condition.kind == condition_kind::cron) {
    w.text(condition.schedule);
    w.text(condition.zone);
  }
  if (
    condition.kind == condition_kind::webhook ||
    condition.kind == condition_kind::promoted)
    w.text(condition.source);
  if (condition.kind == condition_kind::drop) {
    w.text(condition.source);
    write(w, condition.drop);
  }
  if (condition.kind == condition_kind::area) {
    w.text(condition.source);
    w.real(condition.area.impact);
    w.number(condition.area.rows);
  }
  if (condition.hysteresis)
    w.text("hysteresis");
  w.list(condition.children, [&w](const auto& child) { write(w, child); });
}

void write(writer& w, const trigger_policy& policy) {
  w.flag(policy.condition.has_value());
  if (policy.condition)
    write(w, *policy.condition);
  w.time(policy.cooldown);
  w.number(policy.minimum);
  // Only if set: a definition without keeps the fingerprint it had.
  if (policy.budget.starts != 0) {
    w.text("budget");
    w.number(policy.budget.starts);
    w.time(policy.budget.window);
  }
  if (policy.compute != compute_budget{}) {
    w.text("compute");
    w.time(policy.compute.running);
    w.time(policy.compute.window);
  }
  if (policy.busy != when_busy::coalesce) {
    w.text("busy");
    w.code(policy.busy);
  }
}

void write(writer& w, const retry_policy& retry) {
  w.number(retry.max_attempts);
  w.time(retry.initial);
  w.real(retry.multiplier);
  w.time(retry.cap);
  w.real(retry.jitter);
  w.list(
    retry.non_retryable_exit_codes, [&w](int code) { w.signed_number(code); });
}

void write(writer& w, const dataset_options& dataset) {
  w.text(dataset.format);
  w.text(dataset.channel);
  w.real(dataset.eval_fraction);
  w.flag(dataset.whole_history);
}

void write(writer& w, const gate_options& gate) {
  w.text(gate.metric);
  w.real(gate.margin);
  w.real(gate.alpha);
  w.number(gate.min_pairs);
  w.flag(gate.must_improve);
}

void write(writer& w, const stage_condition& condition) {
  w.code(condition.kind);
  w.text(condition.stage);
  w.text(condition.value);
  w.code(condition.op);
  w.real(condition.number);
  w.text(condition.text);
  w.list(condition.children, [&w](const auto& child) { write(w, child); });
}

void write(writer& w, const stage_definition& stage) {
  w.text(stage.name);
  w.code(stage.kind);
  w.texts(stage.after);
  w.texts(stage.argv);
  w.list(stage.env, [&w](const auto& variable) {
    w.text(variable.first);
    w.text(variable.second);
  });
  write(w, stage.dataset);
  write(w, stage.gate);
  w.time(stage.timeout);
  w.time(stage.grace);
  write(w, stage.retry);
  w.text(stage.label);
}

/// Not `parallel`: it says when a unit runs, not what it does.
void write(writer& w, const fan_out_options& options) {
  w.code(options.source);
  w.texts(options.items);
  w.text(options.stage);
  w.text(options.name);
  w.number(options.count);
  w.code(options.policy);
  w.number(options.least_items);
  w.real(options.least_share);
}

void write(writer& w, const experiment_options& options) {
  w.text(options.metric);
  w.real(options.traffic);
  w.real(options.min_effect);
  w.list(options.guardrails, [&w](const auto& guardrail) {
    w.text(guardrail.metric);
    w.real(guardrail.allowed_loss);
    w.optional_real(guardrail.default_outcome);
  });
  w.list(options.ramp, [&w](const auto& step) {
    w.real(step.traffic);
    w.time(step.lasts);
  });
  w.number(options.min_units);
  w.number(options.max_units);
  w.time(options.min_duration);
  w.time(options.max_duration);
  w.time(options.horizon);
  w.optional_real(options.default_outcome);
  for (const auto value :
       {options.harm_margin, options.alpha, options.guardrail_alpha,
        options.harm_alpha, options.min_share, options.planned_units})
    w.real(value);
  w.number(options.challengers);
}

/// Not `every`: it says when a look is made, not what it sees.
void write(writer& w, const area_options& options) {
  w.text(options.metric);
  w.texts(options.by);
  w.time(options.look_back);
  for (const auto value :
       {options.min_volume, options.min_gap, options.false_discovery_rate})
    w.real(value);
  for (const auto value :
       {options.most, options.max_predicates, options.examples,
        options.max_rows})
    w.number(value);
  w.flag(options.one_per_subject);
}

/// What came after all other fields of a stage, each part led by its tag.
void write_later_parts(writer& w, const stage_definition& stage) {
  const auto part = [&](std::string_view tag) {
    w.text(tag);
    w.text(stage.name);
  };
  if (stage.start_within != duration{0}) {
    part("start within");
    w.time(stage.start_within);
  }
  if (stage.heartbeat_within != duration{0}) {
    part("heartbeat within");
    w.time(stage.heartbeat_within);
  }
  if (is_wait(stage.kind)) {
    part("wait");
    w.text(stage.wait.signal);
    w.time(stage.wait.within);
    w.code(stage.wait.on_timeout);
  }
  if (!stage.retry.non_retryable.empty()) {
    part("non-retryable");
    w.texts(stage.retry.non_retryable);
  }
  if (stage.kind == stage_kind::run_loop) {
    part("run loop");
    w.text(stage.nested.loop);
    w.code(stage.nested.on_timeout);
    w.code(stage.nested.on_rejected);
    w.code(stage.nested.on_failed);
  }
  if (!stage.choose_by.empty()) {
    part("choose by");
    w.text(stage.choose_by);
  }
  if (stage.experiment) {
    part("experiment");
    write(w, *stage.experiment);
  }
  if (stage.dataset.oversample_areas != 1) {
    part("oversample areas");
    w.real(stage.dataset.oversample_areas);
  }
  if (stage.promotion.probation != duration{0}) {
    part("probation");
    w.time(stage.promotion.probation);
  }
  if (stage.for_each) {
    part("for each");
    write(w, *stage.for_each);
  }
}

/// What came later, behind all else: each part led by its tag, and absent
/// where it is left at its default. Inside a stage it could be taken for the
/// stage after it.
void write_later_parts(writer& w, const loop_definition& definition) {
  for (const auto& stage : definition.stages)
    if (stage.when) {
      w.text("when");
      w.text(stage.name);
      write(w, *stage.when);
    }
  for (const auto& cleanup : definition.cleanup) {
    w.text("cleanup");
    w.code(cleanup.kind);
    w.text(cleanup.undoes);
    write(w, cleanup.stage);
  }
  for (const auto& stage : definition.stages)
    write_later_parts(w, stage);
  for (const auto& cleanup : definition.cleanup)
    write_later_parts(w, cleanup.stage);
  if (definition.timing != timing_policy{}) {
    w.text("timing");
    w.code(definition.timing.mode);
    w.number(definition.timing.max_staleness);
    w.code(definition.timing.late);
  }
  if (!definition.areas.empty()) {
    w.text("areas");
    w.list(definition.areas, [&w](const auto& one) { write(w, one); });
  }
}

} // namespace

std::string canonical_text(const loop_definition& definition) {
  writer w;
  w.text("ratchet definition 1");
  w.text(definition.name);
  w.list(definition.channels, [&w](const auto& item) { write(w, item); });
  w.list(definition.metrics, [&w](const auto& item) { write(w, item); });
  w.texts(definition.slice_by);
  w.time(definition.join_window);
  write(w, definition.trigger);
  w.number(definition.max_in_flight);
  w.list(definition.stages, [&w](const auto& item) { write(w, item); });
  write_later_parts(w, definition);
  return w.take();
}

} // namespace ratchet::workflows::detail
