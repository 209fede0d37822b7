#include "ratchet/loop.hpp"

#include <algorithm>
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
    strictest.busy = std::max(strictest.busy, policy.busy);
  }
  strictest.condition = std::move(condition);
  return trigger{std::move(strictest)};
}

} // namespace ratchet
