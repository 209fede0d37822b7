#include "api/trigger_reader.hpp"

#include "api/views.hpp"
#include "workflows/check.hpp"

#include <array>
#include <limits>
#include <set>
#include <string>
#include <utility>

namespace ratchet::api {
namespace {

using workflows::condition_kind;
using workflows::when_busy;

constexpr std::array kinds{
  condition_kind::feedback_count, condition_kind::every,
  condition_kind::any_of,         condition_kind::all_of,
  condition_kind::cron,           condition_kind::champion_age,
  condition_kind::at_least_of,    condition_kind::webhook,
  condition_kind::promoted,       condition_kind::drop,
  condition_kind::area,           condition_kind::rolled_back};

constexpr std::array policies{
  when_busy::coalesce, when_busy::skip, when_busy::queue_one};

/// One object of the tree. The first mistake anywhere is kept.
class node {
public:
  node(const json& value, std::string place, std::string& mistake)
      : value_(value), place_(std::move(place)), mistake_(mistake) {
    if (!value_.is_object())
      fail(" is no object");
  }
  /// What nobody asked for is a typing error.
  ~node() {
    if (!value_.is_object())
      return;
    for (const auto& [name, unused] : value_.items())
      if (!known_.contains(name))
        fail(" has an unknown member \"" + name + "\"");
  }
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  [[nodiscard]] const json* find(const std::string& name) {
    known_.insert(name);
    const auto at = value_.find(name);
    return at == value_.end() || at->is_null() ? nullptr : &*at;
  }

  [[nodiscard]] std::string text(const std::string& name) {
    const auto* found = find(name);
    if (found == nullptr)
      return {};
    if (found->is_string())
      return found->get<std::string>();
    fail("." + name + " is no text");
    return {};
  }

  [[nodiscard]] std::uint64_t number(const std::string& name) {
    const auto* found = find(name);
    if (found == nullptr)
      return 0;
    if (found->is_number_unsigned())
      return found->get<std::uint64_t>();
    fail("." + name + " is no whole number from 0");
    return 0;
  }

  [[nodiscard]] duration time(const std::string& name) {
    const auto ms = number(name);
    constexpr auto most =
      static_cast<std::uint64_t>(workflows::longest_time.count());
    if (ms > most)
      fail("." + name + " is too long");
    return duration{static_cast<std::int64_t>(std::min(ms, most))};
  }

  [[nodiscard]] double real(const std::string& name) {
    const auto* found = find(name);
    if (found == nullptr)
      return 0;
    if (found->is_number())
      return found->get<double>();
    fail("." + name + " is no number");
    return 0;
  }

  [[nodiscard]] bool flag(const std::string& name) {
    const auto* found = find(name);
    if (found != nullptr && !found->is_boolean())
      fail("." + name + " is neither true nor false");
    return found != nullptr && found->is_boolean() && found->get<bool>();
  }

  void fail(const std::string& what) {
    if (mistake_.empty())
      mistake_ = place_ + what;
  }

  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] std::string& mistake() { return mistake_; }

private:
  const json& value_;
  std::string place_;
  std::string& mistake_;
  std::set<std::string> known_;
};

workflows::drop_rule read_rule(node& from) {
  workflows::drop_rule rule;
  const auto* found = from.find("rule");
  if (found == nullptr) {
    from.fail(" has no \"rule\"");
    return rule;
  }
  node it{*found, from.place() + ".rule", from.mistake()};
  rule.rising = it.find("above") != nullptr;
  rule.limit = it.real(rule.rising ? "above" : "below");
  if (it.find("mean_days_between_false_alarms") != nullptr)
    rule.days = it.real("mean_days_between_false_alarms");
  rule.warn_days = it.real("mean_days_between_false_warnings");
  rule.observations = it.number("observations_between_false_alarms");
  return rule;
}

workflows::trigger_condition read_condition(
  const json& value, const std::string& place, std::string& mistake,
  std::size_t depth);

std::vector<workflows::trigger_condition>
read_children(node& from, std::size_t depth) {
  std::vector<workflows::trigger_condition> children;
  const auto* list = from.find("of");
  if (list == nullptr || !list->is_array()) {
    from.fail(".of is no list of conditions");
    return children;
  }
  for (std::size_t i = 0; i < list->size(); ++i)
    children.push_back(read_condition(
      (*list)[i], from.place() + ".of[" + std::to_string(i) + "]",
      from.mistake(), depth + 1));
  return children;
}

std::optional<condition_kind> read_kind(node& from) {
  const auto name = from.text("kind");
  std::string known;
  for (const auto kind : kinds) {
    if (kind_name(kind) == name)
      return kind;
    known += (known.empty() ? "" : ", ") + std::string{kind_name(kind)};
  }
  from.fail(".kind is \"" + name + "\"; give one of " + known);
  return std::nullopt;
}

workflows::trigger_condition read_condition(
  const json& value, const std::string& place, std::string& mistake,
  std::size_t depth) {
  workflows::trigger_condition condition;
  node from{value, place, mistake};
  if (depth > workflows::deepest_trigger) {
    from.fail(" is nested too deep");
    return condition;
  }
  const auto kind = read_kind(from);
  if (!kind)
    return condition;
  condition.kind = *kind;
  condition.hysteresis = from.flag("hysteresis");
  switch (*kind) {
  case condition_kind::feedback_count:
    condition.channel = from.text("channel");
    condition.count = from.number("count");
    break;
  case condition_kind::every:
    condition.interval = from.time("interval_ms");
    break;
  case condition_kind::champion_age:
    condition.interval = from.time("age_ms");
    break;
  case condition_kind::cron:
    condition.schedule = from.text("schedule");
    condition.zone = from.text("zone");
    break;
  case condition_kind::webhook:
    condition.source = from.text("name");
    break;
  case condition_kind::promoted:
    condition.source = from.text("loop");
    break;
  case condition_kind::drop:
    condition.source = from.text("metric");
    condition.drop = read_rule(from);
    break;
  case condition_kind::area:
    condition.source = from.text("metric");
    condition.area.impact = from.real("impact");
    condition.area.rows = from.number("rows");
    break;
  case condition_kind::rolled_back:
    break;
  case condition_kind::at_least_of:
    condition.count = from.number("count");
    [[fallthrough]];
  case condition_kind::any_of:
  case condition_kind::all_of:
    condition.children = read_children(from, depth);
    break;
  }
  return condition;
}

when_busy read_busy(node& from) {
  const auto name = from.text("busy");
  if (name.empty())
    return when_busy::coalesce;
  for (const auto policy : policies)
    if (policy_name(policy) == name)
      return policy;
  from.fail(".busy is \"" + name + "\"; give coalesce, skip or queue_one");
  return when_busy::coalesce;
}

void read_budgets(node& from, workflows::trigger_policy& policy) {
  if (const auto* found = from.find("budget")) {
    node budget{*found, from.place() + ".budget", from.mistake()};
    const auto starts = budget.number("starts");
    if (starts > std::numeric_limits<std::uint32_t>::max())
      budget.fail(".starts is too large");
    policy.budget.starts = static_cast<std::uint32_t>(starts);
    policy.budget.window = budget.time("window_ms");
  }
  if (const auto* found = from.find("compute_budget")) {
    node budget{*found, from.place() + ".compute_budget", from.mistake()};
    policy.compute.running = budget.time("running_ms");
    policy.compute.window = budget.time("window_ms");
  }
}

} // namespace

result<workflows::trigger_policy> read_trigger(const json& trigger) {
  workflows::trigger_policy policy;
  std::string mistake;
  {
    node from{trigger, "trigger", mistake};
    if (const auto* condition = from.find("condition"))
      policy.condition =
        read_condition(*condition, "trigger.condition", mistake, 1);
    policy.cooldown = from.time("cooldown_ms");
    policy.minimum = from.number("minimum");
    policy.busy = read_busy(from);
    read_budgets(from, policy);
  }
  if (!mistake.empty())
    return error{errc::invalid_argument, std::move(mistake)};
  return policy;
}

} // namespace ratchet::api
