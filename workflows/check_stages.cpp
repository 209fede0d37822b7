#include "workflows/check.hpp"
#include "workflows/detail/checking.hpp"
#include "workflows/stage.hpp"
#include "workflows/waits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace ratchet::workflows::detail {

namespace {

bool holds_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

std::string check_variable(const std::string& name, const std::string& value) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
      (c >= '0' && c <= '9') || c == '_';
  };
  if (
    name.empty() || (name.front() >= '0' && name.front() <= '9') ||
    !std::all_of(name.begin(), name.end(), fits))
    return "variable " + in_quotes(name) +
      " is not a name; use letters, digits and '_', not a digit first";
  if (name.starts_with("RATCHET_"))
    return "variable " + in_quotes(name) +
      " is the engine's own; use a name without RATCHET_";
  if (holds_nul(value))
    return "variable " + in_quotes(name) + " holds a zero byte; remove it";
  return {};
}

std::string check_command(const stage_definition& stage) {
  if (stage.argv.empty() || stage.argv.front().empty())
    return "the command is empty; give a program";
  if (std::any_of(stage.argv.begin(), stage.argv.end(), holds_nul))
    return "an argument holds a zero byte; remove it";
  for (const auto& [name, value] : stage.env)
    if (auto why = check_variable(name, value); !why.empty())
      return why;
  return {};
}

std::string check_dataset(
  const loop_definition& definition, const dataset_options& options) {
  static constexpr std::array<std::string_view, 3> formats{
    "labels", "sft", "kto"};
  if (
    std::find(formats.begin(), formats.end(), options.format) == formats.end())
    return "format " + in_quotes(options.format) +
      " is unknown; use labels, sft or kto";
  if (options.channel.empty())
    return "no channel; set .channel to the one whose feedback makes rows";
  if (definition.channel(options.channel) == nullptr)
    return "channel " + in_quotes(options.channel) +
      " is not declared; declare it with channel(...)";
  // Negated, so that NaN is refused too.
  if (!(options.eval_fraction >= 0 && options.eval_fraction < 1))
    return "eval_fraction is not in [0, 1); 0.2 is usual";
  return check_oversampling(definition, options);
}

std::string check_gate(const gate_options& gate) {
  if (gate.metric.empty())
    return "no metric; name a score of scores.jsonl";
  if (!(gate.margin >= 0 && std::isfinite(gate.margin)))
    return "margin is not a number from 0 up; it is the largest loss allowed";
  if (!(gate.alpha > 0 && gate.alpha <= 0.5))
    return "alpha is not in (0, 0.5]; 0.05 is usual";
  if (gate.min_pairs == 0)
    return "min_pairs is 0; a test needs at least 1 pair";
  return {};
}

std::string check_retry(const retry_policy& retry) {
  if (retry.max_attempts == 0)
    return "max_attempts is 0; the first try counts, so give at least 1";
  if (retry.initial < duration{0} || retry.initial > longest_time)
    return "the first delay is " + format_duration(retry.initial) +
      "; give one from 0 to " + format_duration(longest_time);
  if (retry.cap < retry.initial || retry.cap > longest_time)
    return "the cap of delays is " + format_duration(retry.cap) +
      "; give one from " + format_duration(retry.initial) + " to " +
      format_duration(longest_time);
  if (!(retry.multiplier >= 1 && std::isfinite(retry.multiplier)))
    return "the multiplier of delays is not a number from 1 up; 2 is usual";
  if (!(retry.jitter >= 0 && retry.jitter < 1))
    return "jitter is not in [0, 1); 0.1 is usual";
  for (const auto& name : retry.non_retryable)
    if (auto why = check_failure_name(name); !why.empty())
      return "non_retryable " + in_quotes(name) + ": " + why;
  return {};
}

std::string check_wait(const stage_definition& stage) {
  const auto& wait = stage.wait;
  if (stage.kind == stage_kind::sleep)
    return check_positive("the time to sleep", wait.within, "1h");
  if (stage.kind == stage_kind::wait_signal)
    if (auto why = check_name(wait.signal); !why.empty())
      return "signal " + in_quotes(wait.signal) + ": " + why;
  if (auto why = check_positive("within", wait.within, "24h"); !why.empty())
    return why;
  const bool asks = stage.kind == stage_kind::approval;
  if (wait.on_timeout == wait_outcome::undeclared)
    return std::string{"on_timeout is not declared; say what happens when "} +
      (asks ? "nobody answers: reject, approve, fail or skip"
            : "no signal comes: fail or skip");
  if (
    !asks && wait.on_timeout != wait_outcome::fail &&
    wait.on_timeout != wait_outcome::skip)
    return std::string{"on_timeout is "} +
      std::string{to_string(wait.on_timeout)} +
      ", which is for approvals; give fail or skip";
  return {};
}

/// A wait that is bounded by a positive time, or not at all.
std::string check_bound(std::string_view what, duration d) {
  if (d == duration{0})
    return {};
  return check_positive(what, d, "30s");
}

/// For whom slots and silence mean something: what runs by itself.
std::string check_waits(const stage_definition& stage) {
  if (auto why = check_bound("start_within", stage.start_within); !why.empty())
    return why;
  if (auto why = check_bound("heartbeat_within", stage.heartbeat_within);
      !why.empty())
    return why;
  if (stage.heartbeat_within > stage.timeout)
    return "heartbeat_within is " + format_duration(stage.heartbeat_within) +
      ", longer than the timeout of " + format_duration(stage.timeout) +
      ", and would never pass; shorten it or leave it out";
  return stage.priority ? check_priority(*stage.priority) : std::string{};
}

std::string
check_kind(const loop_definition& definition, const stage_definition& stage) {
  switch (stage.kind) {
  case stage_kind::command:
    return check_command(stage);
  case stage_kind::dataset:
    return check_dataset(definition, stage.dataset);
  case stage_kind::gate:
    return check_gate(stage.gate);
  case stage_kind::approval:
  case stage_kind::sleep:
  case stage_kind::wait_signal:
    return check_wait(stage);
  case stage_kind::run_loop:
    return stage.nested.loop.empty() ? "no loop; name the one to run"
                                     : std::string{};
  case stage_kind::experiment:
    return check_experiment(definition, stage);
  case stage_kind::promote:
    return check_promotion(definition, stage.promotion);
  case stage_kind::callable:
  case stage_kind::choose:
    return {};
  }
  return "unknown kind of stage";
}

std::string
check_stage(const loop_definition& definition, const stage_definition& stage) {
  if (auto why = check_name(stage.name); !why.empty())
    return why;
  if (auto why = check_kind(definition, stage); !why.empty())
    return why;
  if (auto why = check_positive("timeout", stage.timeout, "30min");
      !why.empty())
    return why;
  if (stage.grace < duration{0} || stage.grace > longest_time)
    return "grace is " + format_duration(stage.grace) +
      "; give one from 0 to " + format_duration(longest_time);
  if (!stage.label.empty())
    if (auto why = check_name(stage.label); !why.empty())
      return "label " + in_quotes(stage.label) + ": " + why;
  if (auto why = check_waits(stage); !why.empty())
    return why;
  return check_retry(stage.retry);
}

} // namespace

std::string check_priority(std::uint32_t priority) {
  if (priority <= highest_priority)
    return {};
  return "priority is " + std::to_string(priority) + "; give 0 to " +
    std::to_string(highest_priority) + ", the highest goes first";
}

std::vector<const stage_definition*>
all_stages(const loop_definition& definition) {
  std::vector<const stage_definition*> out;
  for (const auto& stage : definition.stages)
    out.push_back(&stage);
  for (const auto& cleanup : definition.cleanup)
    out.push_back(&cleanup.stage);
  return out;
}

std::string check_stages(const loop_definition& definition) {
  if (definition.stages.empty())
    return "no stages; add at least one with stage(...)";
  if (definition.stages.size() + definition.cleanup.size() > most_stages)
    return "more than " + std::to_string(most_stages) + " stages";
  std::map<std::string, std::string> variables;
  for (const auto* stage : all_stages(definition)) {
    auto why = check_stage(definition, *stage);
    const auto [other, fresh] =
      variables.try_emplace(input_variable(stage->name), stage->name);
    if (why.empty() && !fresh)
      why = other->second == stage->name
        ? "declared twice; rename one"
        : "shares the variable " + other->first + " with stage " +
          in_quotes(other->second) + "; rename one";
    if (!why.empty())
      return "stage " + in_quotes(stage->name) + ": " + why;
  }
  return {};
}

} // namespace ratchet::workflows::detail
