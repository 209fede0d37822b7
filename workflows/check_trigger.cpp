#include "workflows/check.hpp"
#include "workflows/cron.hpp"
#include "workflows/detail/checking.hpp"
#include "workflows/trigger.hpp"

namespace ratchet::workflows {

namespace {

std::string check_cron(const trigger_condition& condition) {
  const auto schedule = parse_cron(condition.schedule);
  if (!schedule)
    return "cron: " + schedule.err().message;
  // Any moment does: whether there is a next one is what counts.
  const auto next = next_time(*schedule, condition.zone, from_ms(0));
  return next ? std::string{} : "cron: " + next.err().message;
}

std::string check_condition(
  const loop_definition& definition, const trigger_condition& condition,
  std::size_t depth);

std::string check_children(
  const loop_definition& definition, const trigger_condition& condition,
  std::size_t depth) {
  for (const auto& child : condition.children)
    if (auto why = check_condition(definition, child, depth + 1); !why.empty())
      return why;
  return {};
}

std::string check_budget(const start_budget& budget) {
  if (budget == start_budget{})
    return {};
  if (budget.starts == 0 || budget.starts > most_budgeted)
    return "a budget of " + std::to_string(budget.starts) +
      " starts; give 1 to " + std::to_string(most_budgeted);
  return detail::check_positive("the budget's window", budget.window, "24h");
}

std::string check_compute(const compute_budget& budget) {
  if (budget == compute_budget{})
    return {};
  auto why = detail::check_positive("the compute budget", budget.running, "2h");
  return why.empty() ? detail::check_positive(
                         "the compute budget's window", budget.window, "168h")
                     : why;
}

std::string check_source(
  const loop_definition& definition, const trigger_condition& condition) {
  if (condition.kind == condition_kind::webhook) {
    auto why = detail::check_name(condition.source);
    return why.empty()
      ? why
      : "webhook " + detail::in_quotes(condition.source) + ": " + why;
  }
  if (condition.source == definition.name)
    return "it waits for the loop's own promotion, and would never rest; name "
           "another loop";
  auto why = detail::check_loop_name(condition.source);
  return why.empty() ? why : "promoted: " + why;
}

/// Levels hold on; the others begin anew with each start.
bool is_level(condition_kind kind) {
  return kind == condition_kind::champion_age || kind == condition_kind::drop ||
    kind == condition_kind::any_of || kind == condition_kind::all_of ||
    kind == condition_kind::at_least_of;
}

std::string check_condition(
  const loop_definition& definition, const trigger_condition& condition,
  std::size_t depth) {
  if (condition.hysteresis && !is_level(condition.kind))
    return to_text(condition) +
      " begins anew with every start, so hysteresis has nothing to wait for; "
      "remove it";
  if (depth > deepest_trigger)
    return "conditions nest deeper than " + std::to_string(deepest_trigger) +
      "; flatten them";
  switch (condition.kind) {
  case condition_kind::feedback_count:
    if (condition.count == 0)
      return "feedback_count of 0; give a positive count";
    if (definition.channel(condition.channel) == nullptr)
      return detail::unknown_channel(condition.channel);
    return {};
  case condition_kind::every:
    return detail::check_positive("the interval", condition.interval, "24h");
  case condition_kind::champion_age:
    return detail::check_positive(
      "the champion's age", condition.interval, "720h");
  case condition_kind::cron:
    return check_cron(condition);
  case condition_kind::webhook:
  case condition_kind::promoted:
    return check_source(definition, condition);
  case condition_kind::drop:
    return detail::check_drop(definition, condition.source, condition.drop);
  case condition_kind::area:
    return detail::check_area_condition(
      definition, condition.source, condition.area);
  case condition_kind::rolled_back:
    return {};
  case condition_kind::at_least_of:
    if (condition.count == 0 || condition.count > condition.children.size())
      return "at_least_of " + std::to_string(condition.count) + " of " +
        std::to_string(condition.children.size()) +
        " conditions; give 1 to the number of conditions";
    return check_children(definition, condition, depth);
  case condition_kind::any_of:
  case condition_kind::all_of:
    if (condition.children.empty())
      return "any_of or all_of without a condition; give at least one";
    return check_children(definition, condition, depth);
  }
  return "unknown kind of condition";
}

} // namespace

std::string detail::check_trigger(const loop_definition& definition) {
  const auto& policy = definition.trigger;
  if (policy.cooldown < duration{0} || policy.cooldown > longest_time)
    return "the cooldown is " + format_duration(policy.cooldown) +
      "; give one from 0 to " + format_duration(longest_time);
  if (policy.minimum > 0 && definition.channels.empty())
    return "at_least without any channel can never hold; declare a channel";
  if (auto why = check_budget(policy.budget); !why.empty())
    return why;
  if (auto why = check_compute(policy.compute); !why.empty())
    return why;
  if (!policy.condition)
    return {};
  return check_condition(definition, *policy.condition, 1);
}

} // namespace ratchet::workflows
