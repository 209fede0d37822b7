#include "workflows/trigger.hpp"

#include "workflows/detail/trigger_totals.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace ratchet::workflows {

namespace {

constexpr time_point never{};

/// Ends that are closer than this part of the window are counted as one.
constexpr int spent_slots = 128;

using visit_report = std::function<void(const condition_report&)>;

void walk(const condition_report& report, const visit_report& visit) {
  visit(report);
  for (const auto& child : report.children)
    walk(child, visit);
}

void walk(
  const trigger_condition& condition,
  const std::function<void(const trigger_condition&)>& visit) {
  visit(condition);
  for (const auto& child : condition.children)
    walk(child, visit);
}

std::uint64_t
gained_over_all(const trigger_state& state, const trigger_inputs& inputs) {
  std::uint64_t sum = 0;
  for (const auto& [channel, count] : inputs.joined)
    sum += detail::gained(state, inputs, channel);
  return sum;
}

/// When the budget allows the next start; epoch: now.
time_point next_in_budget(
  const start_budget& budget, const trigger_state& state, time_point now) {
  if (budget.starts == 0 || state.starts.size() < budget.starts)
    return never;
  const auto oldest = state.starts[state.starts.size() - budget.starts];
  const auto free = oldest + budget.window;
  return free > now ? free : never;
}

/// What the compute budget says; none: it allows a start.
std::optional<start_limit> compute_limit(
  const compute_budget& budget, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  if (budget.running == duration{0})
    return std::nullopt;
  auto sum = inputs.in_flight;
  for (const auto& spent : state.spent)
    if (spent.at + budget.window > now)
      sum += spent.ran;
  if (sum < budget.running)
    return std::nullopt;
  start_limit limit{
    trigger_outcome::over_budget,
    format_duration(sum) + " of compute within " +
      format_duration(budget.window) + ", of " +
      format_duration(budget.running),
    never};
  // What is in flight may be too much by itself: then only an end helps.
  auto left = sum;
  for (const auto& spent : state.spent) {
    if (spent.at + budget.window <= now)
      continue;
    left -= spent.ran;
    if (left < budget.running) {
      limit.free = spent.at + budget.window;
      break;
    }
  }
  return limit;
}

} // namespace

std::string_view to_string(trigger_outcome outcome) {
  switch (outcome) {
  case trigger_outcome::fire:
    return "fire";
  case trigger_outcome::not_met:
    return "not_met";
  case trigger_outcome::too_few:
    return "too_few";
  case trigger_outcome::cooling_down:
    return "cooling_down";
  case trigger_outcome::over_budget:
    return "over_budget";
  }
  return "unknown";
}

start_limit find_limit(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  const auto cool = state.last_end + policy.cooldown;
  if (state.last_end != never && now < cool)
    return {
      trigger_outcome::cooling_down,
      "cooling down for " + format_duration(cool - now), cool};
  const auto free = next_in_budget(policy.budget, state, now);
  if (free != never)
    return {
      trigger_outcome::over_budget,
      "but " + std::to_string(policy.budget.starts) + " starts within " +
        format_duration(policy.budget.window) +
        " are all that is allowed, for another " + format_duration(free - now),
      free};
  if (auto limit = compute_limit(policy.compute, state, inputs, now)) {
    limit->sentence = "but attempts ran for " + limit->sentence + " allowed";
    return *limit;
  }
  return {};
}

trigger_verdict evaluate(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  if (!policy.condition)
    return {trigger_outcome::not_met, "starts by hand only", never};
  const auto found = examine(*policy.condition, state, inputs, now);
  if (!found.met())
    return {trigger_outcome::not_met, found.sentence, found.due};
  const auto gain = gained_over_all(state, inputs);
  if (gain < policy.minimum)
    return {
      trigger_outcome::too_few,
      found.sentence + "; but only " + std::to_string(gain) + " of at least " +
        std::to_string(policy.minimum) + " new feedback",
      never};
  const auto limit = find_limit(policy, state, inputs, now);
  if (limit.outcome != trigger_outcome::fire)
    return {limit.outcome, found.sentence + "; " + limit.sentence, limit.free};
  return {trigger_outcome::fire, found.sentence, never};
}

std::set<std::string> fired_conditions(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  std::set<std::string> fired;
  if (policy.condition)
    walk(
      examine(*policy.condition, state, inputs, now),
      [&fired](const condition_report& report) {
        if (report.has_hysteresis && report.met())
          fired.insert(report.text);
      });
  return fired;
}

trigger_notes take_notes(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  trigger_notes notes;
  if (!state.disarmed.empty()) {
    notes.rearmed = state.disarmed;
    if (policy.condition)
      walk(
        examine(*policy.condition, state, inputs, now),
        [&notes](const condition_report& report) {
          if (report.has_hysteresis && report.holds)
            notes.rearmed.erase(report.text);
        });
  }
  for (const auto& loop : sources_of(policy, condition_kind::promoted)) {
    const auto total = inputs.promotions.find(loop);
    if (
      total != inputs.promotions.end() &&
      !state.baseline.promotions.contains(loop))
      notes.primed.insert(*total);
  }
  return notes;
}

std::set<std::string>
sources_of(const trigger_policy& policy, condition_kind kind) {
  std::set<std::string> sources;
  if (policy.condition)
    walk(*policy.condition, [&](const trigger_condition& condition) {
      if (condition.kind == kind)
        sources.insert(condition.source);
    });
  return sources;
}

std::uint64_t
watch_record_of(const trigger_state& state, const std::string& condition) {
  const auto found = state.acknowledged.find(condition);
  return found == state.acknowledged.end() ? state.watch_record : found->second;
}

const drop_reading* current_reading(
  const trigger_state& state, const trigger_inputs& inputs,
  const std::string& condition) {
  const auto found = inputs.drops.find(condition);
  if (
    found == inputs.drops.end() ||
    found->second.record != watch_record_of(state, condition))
    return nullptr;
  return &found->second;
}

void set_baseline(trigger_state& state, const trigger_inputs& inputs) {
  auto before = std::move(state.baseline);
  state.baseline = inputs;
  state.baseline.in_flight = {};
  state.baseline.drops.clear();
  // Of a look, that it was made is all that counts.
  for (auto& [metric, reading] : state.baseline.areas)
    reading.areas.clear();
  state.baseline.promotions.merge(before.promotions);
  state.baseline.webhooks.merge(before.webhooks);
}

void add_spent(
  trigger_state& state, const spent_compute& spent, duration window) {
  std::erase_if(state.spent, [&](const spent_compute& one) {
    return window == duration{0} || one.at + window <= spent.at;
  });
  if (window == duration{0} || spent.ran <= duration{0})
    return;
  const auto slot = [width = std::max(window / spent_slots, duration{1})](
                      time_point at) { return at.time_since_epoch() / width; };
  if (!state.spent.empty() && slot(state.spent.back().at) == slot(spent.at)) {
    state.spent.back().at = std::max(state.spent.back().at, spent.at);
    state.spent.back().ran += spent.ran;
  } else {
    state.spent.push_back(spent);
  }
}

} // namespace ratchet::workflows
