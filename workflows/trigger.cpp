#include "workflows/trigger.hpp"

#include "workflows/cron.hpp"

#include <algorithm>
#include <string_view>

namespace ratchet::workflows {

namespace {

constexpr time_point never{};

/// What one condition of the tree says.
struct finding {
  bool met = false;
  std::string sentence;
  time_point look_again; ///< When time alone makes it met; epoch: it cannot.
};

std::uint64_t total(const trigger_inputs& inputs, const std::string& channel) {
  const auto found = inputs.joined.find(channel);
  return found == inputs.joined.end() ? 0 : found->second;
}

/// New since the last start. Inputs older than the baseline gained nothing.
std::uint64_t gained(
  const trigger_state& state, const trigger_inputs& inputs,
  const std::string& channel) {
  const auto before = total(state.baseline, channel);
  const auto now = total(inputs, channel);
  return now > before ? now - before : 0;
}

std::uint64_t
gained_over_all(const trigger_state& state, const trigger_inputs& inputs) {
  std::uint64_t sum = 0;
  for (const auto& [channel, count] : inputs.joined)
    sum += gained(state, inputs, channel);
  return sum;
}

finding examine_count(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs) {
  const auto gain = gained(state, inputs, condition.channel);
  return {
    gain >= condition.count,
    condition.channel + " gained " + std::to_string(gain) + " of " +
      std::to_string(condition.count),
    never};
}

finding examine_interval(
  const trigger_condition& condition, const trigger_state& state,
  time_point now) {
  const bool started = state.last_start != never;
  const auto since = started ? state.last_start : state.first_seen;
  // A loop that was never adopted has no moment to count from.
  if (since == never)
    return {false, "the loop has not been adopted yet", never};
  const auto due = since + condition.interval;
  return {
    now >= due,
    format_duration(std::max(now - since, duration{0})) +
      (started ? " since the last start, of " : " since the loop began, of ") +
      format_duration(condition.interval),
    due};
}

finding examine_cron(
  const trigger_condition& condition, const trigger_state& state,
  time_point now) {
  const auto since =
    state.last_start != never ? state.last_start : state.first_seen;
  if (since == never)
    return {false, "the loop has not been adopted yet", never};
  const auto name =
    "schedule \"" + condition.schedule + "\" in " + condition.zone;
  const auto schedule = parse_cron(condition.schedule);
  const auto due = schedule ? next_time(*schedule, condition.zone, since)
                            : result<time_point>{schedule.err()};
  // It was checked when the loop was defined; the system's zones may be gone.
  if (!due)
    return {false, name + ": " + due.err().message, never};
  const bool met = now >= *due;
  return {
    met, name + (met ? " was due at " : " is due at ") + to_iso8601(*due),
    *due};
}

finding examine_champion_age(
  const trigger_condition& condition, const trigger_state& state,
  time_point now) {
  if (state.champion_since == never)
    return {false, "there is no champion yet", never};
  const auto due = state.champion_since + condition.interval;
  return {
    now >= due,
    "the champion serves since " +
      format_duration(std::max(now - state.champion_since, duration{0})) +
      ", of " + format_duration(condition.interval),
    due};
}

finding examine(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs, time_point now);

/// The sentences of those findings whose `met` is `met`.
std::string join_sentences(
  const std::vector<finding>& findings, bool met, std::string_view glue) {
  std::string text;
  for (const auto& found : findings) {
    if (found.met != met)
      continue;
    if (!text.empty())
      text += glue;
    text += found.sentence;
  }
  return text;
}

finding examine_any(const std::vector<finding>& children) {
  finding all;
  for (const auto& child : children) {
    all.met = all.met || child.met;
    if (
      child.look_again != never &&
      (all.look_again == never || child.look_again < all.look_again))
      all.look_again = child.look_again;
  }
  all.sentence = join_sentences(children, all.met, all.met ? "; " : ", nor ");
  return all;
}

finding examine_all(const std::vector<finding>& children) {
  finding all;
  // No condition at all is no reason to start.
  all.met = !children.empty();
  bool time_helps = true;
  for (const auto& child : children) {
    if (child.met)
      continue;
    all.met = false;
    time_helps = time_helps && child.look_again != never;
    all.look_again = std::max(all.look_again, child.look_again);
  }
  if (!time_helps)
    all.look_again = never;
  all.sentence = join_sentences(children, all.met, all.met ? "; " : ", and ");
  return all;
}

finding
examine_at_least(std::uint64_t wanted, const std::vector<finding>& children) {
  finding all;
  std::uint64_t met = 0;
  std::vector<time_point> may_come;
  for (const auto& child : children) {
    met += child.met ? 1 : 0;
    if (!child.met && child.look_again != never)
      may_come.push_back(child.look_again);
  }
  all.met = met >= wanted;
  // Time alone helps if enough of those that wait for it come.
  std::sort(may_come.begin(), may_come.end());
  if (!all.met && met + may_come.size() >= wanted)
    all.look_again = may_come[static_cast<std::size_t>(wanted - met) - 1];
  all.sentence = std::to_string(met) + " of " +
    std::to_string(children.size()) + " hold, " + std::to_string(wanted) +
    " must: " + join_sentences(children, all.met, all.met ? "; " : ", nor ");
  return all;
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

finding examine(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  std::vector<finding> children;
  children.reserve(condition.children.size());
  for (const auto& child : condition.children)
    children.push_back(examine(child, state, inputs, now));
  switch (condition.kind) {
  case condition_kind::feedback_count:
    return examine_count(condition, state, inputs);
  case condition_kind::every:
    return examine_interval(condition, state, now);
  case condition_kind::any_of:
    return examine_any(children);
  case condition_kind::all_of:
    return examine_all(children);
  case condition_kind::at_least_of:
    return examine_at_least(condition.count, children);
  case condition_kind::cron:
    return examine_cron(condition, state, now);
  case condition_kind::champion_age:
    return examine_champion_age(condition, state, now);
  }
  return {};
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

trigger_verdict evaluate(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  if (!policy.condition)
    return {trigger_outcome::not_met, "starts by hand only", never};
  const auto found = examine(*policy.condition, state, inputs, now);
  if (!found.met)
    return {trigger_outcome::not_met, found.sentence, found.look_again};
  const auto gain = gained_over_all(state, inputs);
  if (gain < policy.minimum)
    return {
      trigger_outcome::too_few,
      found.sentence + "; but only " + std::to_string(gain) + " of at least " +
        std::to_string(policy.minimum) + " new feedback",
      never};
  const auto cool = state.last_end + policy.cooldown;
  if (state.last_end != never && now < cool)
    return {
      trigger_outcome::cooling_down,
      found.sentence + "; cooling down for " + format_duration(cool - now),
      cool};
  const auto free = next_in_budget(policy.budget, state, now);
  if (free != never)
    return {
      trigger_outcome::over_budget,
      found.sentence + "; but " + std::to_string(policy.budget.starts) +
        " starts within " + format_duration(policy.budget.window) +
        " are all that is allowed, for another " + format_duration(free - now),
      free};
  return {trigger_outcome::fire, found.sentence, never};
}

} // namespace ratchet::workflows
