#include "ratchet/trigger.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace ratchet {

namespace {

using workflows::start_budget;

/// The one that allows fewer starts over time; one that is not set allows all.
start_budget stricter(const start_budget& a, const start_budget& b) {
  if (a.starts == 0 || b.starts == 0)
    return a.starts == 0 ? b : a;
  const auto rate = [](const start_budget& budget) {
    return static_cast<double>(budget.starts) /
      static_cast<double>(std::max<duration::rep>(budget.window.count(), 1));
  };
  return rate(a) <= rate(b) ? a : b;
}

using workflows::compute_budget;

compute_budget stricter(const compute_budget& a, const compute_budget& b) {
  if (a.running == duration{0} || b.running == duration{0})
    return a.running == duration{0} ? b : a;
  const auto share = [](const compute_budget& budget) {
    return static_cast<double>(budget.running.count()) /
      static_cast<double>(std::max<duration::rep>(budget.window.count(), 1));
  };
  return share(a) <= share(b) ? a : b;
}

/// To skip is stricter than to keep one, and that stricter than to wait.
workflows::when_busy stricter(workflows::when_busy a, workflows::when_busy b) {
  using workflows::when_busy;
  for (const auto busy : {when_busy::skip, when_busy::queue_one})
    if (a == busy || b == busy)
      return busy;
  return when_busy::coalesce;
}

workflows::trigger_condition
with_source(workflows::condition_kind kind, std::string source) {
  workflows::trigger_condition condition;
  condition.kind = kind;
  condition.source = std::move(source);
  return condition;
}

} // namespace

trigger::trigger(workflows::trigger_condition condition) {
  policy_.condition = std::move(condition);
}

trigger::trigger(workflows::trigger_policy policy)
    : policy_(std::move(policy)) {}

trigger& trigger::cooldown(duration d) {
  policy_.cooldown = d;
  return *this;
}

trigger& trigger::at_least(std::uint64_t feedback) {
  policy_.minimum = feedback;
  return *this;
}

trigger& trigger::budget(std::uint32_t starts, duration window) {
  policy_.budget = {starts, window};
  return *this;
}

trigger& trigger::skip_when_busy() {
  policy_.busy = workflows::when_busy::skip;
  return *this;
}

trigger& trigger::queue_one_when_busy() {
  policy_.busy = workflows::when_busy::queue_one;
  return *this;
}

trigger& trigger::compute_budget(duration running, duration window) {
  policy_.compute = {running, window};
  return *this;
}

trigger& trigger::hysteresis() {
  if (policy_.condition)
    policy_.condition->hysteresis = true;
  return *this;
}

trigger feedback_count(std::string channel, std::uint64_t count) {
  workflows::trigger_condition condition;
  condition.kind = workflows::condition_kind::feedback_count;
  condition.channel = std::move(channel);
  condition.count = count;
  return trigger{std::move(condition)};
}

trigger every(duration interval) {
  workflows::trigger_condition condition;
  condition.kind = workflows::condition_kind::every;
  condition.interval = interval;
  return trigger{std::move(condition)};
}

trigger cron(std::string schedule, std::string zone) {
  workflows::trigger_condition condition;
  condition.kind = workflows::condition_kind::cron;
  condition.schedule = std::move(schedule);
  condition.zone = std::move(zone);
  return trigger{std::move(condition)};
}

trigger champion_older_than(duration age) {
  workflows::trigger_condition condition;
  condition.kind = workflows::condition_kind::champion_age;
  condition.interval = age;
  return trigger{std::move(condition)};
}

trigger webhook(std::string name) {
  return trigger{
    with_source(workflows::condition_kind::webhook, std::move(name))};
}

trigger promoted(std::string loop) {
  return trigger{
    with_source(workflows::condition_kind::promoted, std::move(loop))};
}

trigger rolled_back() {
  return trigger{with_source(workflows::condition_kind::rolled_back, {})};
}

workflows::drop_rule detail::rule_of(const drop_limits& limits) {
  workflows::drop_rule rule;
  rule.rising = limits.above.has_value();
  // With both or neither, `check` finds a limit that is none.
  const bool sound = limits.below.has_value() != limits.above.has_value();
  rule.limit = sound ? limits.below.value_or(limits.above.value_or(0))
                     : std::numeric_limits<double>::quiet_NaN();
  rule.days = limits.mean_days_between_false_alarms;
  rule.warn_days = limits.mean_days_between_false_warnings;
  rule.observations = limits.observations_between_false_alarms;
  return rule;
}

trigger drop_of(std::string metric, drop_limits limits) {
  auto condition =
    with_source(workflows::condition_kind::drop, std::move(metric));
  condition.drop = detail::rule_of(limits);
  return trigger{std::move(condition)};
}

trigger area_of(std::string metric, area_demand demand) {
  auto condition =
    with_source(workflows::condition_kind::area, std::move(metric));
  condition.area = demand;
  return trigger{std::move(condition)};
}

trigger detail::combine(
  workflows::condition_kind kind, const std::vector<trigger>& children,
  std::uint64_t count) {
  workflows::trigger_condition condition;
  condition.kind = kind;
  condition.count = count;
  auto strictest =
    children.empty() ? workflows::trigger_policy{} : children.front().policy();
  for (const auto& child : children) {
    const auto& policy = child.policy();
    if (policy.condition)
      condition.children.push_back(*policy.condition);
    strictest.cooldown = std::max(strictest.cooldown, policy.cooldown);
    strictest.minimum = std::max(strictest.minimum, policy.minimum);
    strictest.budget = stricter(strictest.budget, policy.budget);
    strictest.busy = stricter(strictest.busy, policy.busy);
    strictest.compute = stricter(strictest.compute, policy.compute);
  }
  strictest.condition = std::move(condition);
  return trigger{std::move(strictest)};
}

} // namespace ratchet
