#include "workflows/trigger.hpp"

#include "workflows/cron.hpp"
#include "workflows/detail/trigger_totals.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ratchet::workflows {

namespace {

constexpr time_point never{};

/// What a condition of one kind says.
struct finding {
  bool holds = false;
  std::string sentence;
  time_point due; ///< When time alone makes it hold; epoch: it cannot.
};

using reports = std::vector<condition_report>;

finding examine_count(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs) {
  const auto gain = detail::gained(state, inputs, condition.channel);
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

finding examine_webhook(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs) {
  const auto calls = [&](const trigger_inputs& of) {
    const auto found = of.webhooks.find(condition.source);
    return found == of.webhooks.end() ? 0 : found->second.calls;
  };
  const auto before = calls(state.baseline);
  const auto fresh = calls(inputs) > before ? calls(inputs) - before : 0;
  return {
    fresh > 0,
    "webhook " + condition.source + " was called " +
      (fresh == 1 ? "once" : std::to_string(fresh) + " times"),
    never};
}

finding examine_promoted(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs) {
  const auto before = state.baseline.promotions.find(condition.source);
  const auto now = inputs.promotions.find(condition.source);
  if (
    before == state.baseline.promotions.end() || now == inputs.promotions.end())
    return {
      false, "loop " + condition.source + " has not been heard of yet", never};
  const auto fresh =
    now->second > before->second ? now->second - before->second : 0;
  return {
    fresh > 0,
    "loop " + condition.source + " promoted " +
      (fresh == 1 ? "once" : std::to_string(fresh) + " times"),
    never};
}

finding examine_drop(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs) {
  const auto text = to_text(condition);
  const auto* reading = current_reading(state, inputs, text);
  return {
    reading != nullptr && reading->level == drop_level::alarm,
    drop_sentence(condition.source, condition.drop, reading), never};
}

finding examine_area(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs) {
  const auto of = [&](const trigger_inputs& all) {
    const auto found = all.areas.find(condition.source);
    return found == all.areas.end() ? nullptr : &found->second;
  };
  auto found = workflows::examine_area(
    condition.source, condition.area, of(inputs), of(state.baseline));
  return {found.holds, std::move(found.sentence), never};
}

finding
examine_rollbacks(const trigger_state& state, const trigger_inputs& inputs) {
  const auto before = state.baseline.rollbacks;
  const auto fresh = inputs.rollbacks > before ? inputs.rollbacks - before : 0;
  return {
    fresh > 0,
    fresh == 1 ? "a version was rolled back"
               : std::to_string(fresh) + " versions were rolled back",
    never};
}

/// The sentences of those reports whose `met` is `met`.
std::string
join_sentences(const reports& all, bool met, std::string_view glue) {
  std::string text;
  for (const auto& found : all) {
    if (found.met() != met)
      continue;
    if (!text.empty())
      text += glue;
    text += found.sentence;
  }
  return text;
}

finding examine_any(const reports& children) {
  finding all;
  for (const auto& child : children) {
    all.holds = all.holds || child.met();
    if (child.due != never && (all.due == never || child.due < all.due))
      all.due = child.due;
  }
  all.sentence =
    join_sentences(children, all.holds, all.holds ? "; " : ", nor ");
  return all;
}

finding examine_all(const reports& children) {
  finding all;
  // No condition at all is no reason to start.
  all.holds = !children.empty();
  bool time_helps = true;
  for (const auto& child : children) {
    if (child.met())
      continue;
    all.holds = false;
    time_helps = time_helps && child.due != never;
    all.due = std::max(all.due, child.due);
  }
  if (!time_helps)
    all.due = never;
  all.sentence =
    join_sentences(children, all.holds, all.holds ? "; " : ", and ");
  return all;
}

finding examine_at_least(std::uint64_t wanted, const reports& children) {
  finding all;
  std::uint64_t met = 0;
  std::vector<time_point> may_come;
  for (const auto& child : children) {
    met += child.met() ? 1 : 0;
    if (!child.met() && child.due != never)
      may_come.push_back(child.due);
  }
  all.holds = met >= wanted;
  // Time alone helps if enough of those that wait for it come.
  std::sort(may_come.begin(), may_come.end());
  if (!all.holds && met + may_come.size() >= wanted)
    all.due = may_come[static_cast<std::size_t>(wanted - met) - 1];
  all.sentence = std::to_string(met) + " of " +
    std::to_string(children.size()) + " hold, " + std::to_string(wanted) +
    " must: " +
    join_sentences(children, all.holds, all.holds ? "; " : ", nor ");
  return all;
}

finding ask(
  const trigger_condition& condition, const reports& children,
  const trigger_state& state, const trigger_inputs& inputs, time_point now) {
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
  case condition_kind::webhook:
    return examine_webhook(condition, state, inputs);
  case condition_kind::promoted:
    return examine_promoted(condition, state, inputs);
  case condition_kind::drop:
    return examine_drop(condition, state, inputs);
  case condition_kind::area:
    return examine_area(condition, state, inputs);
  case condition_kind::rolled_back:
    return examine_rollbacks(state, inputs);
  }
  return {};
}

} // namespace

condition_report examine(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs, time_point now) {
  condition_report report;
  report.kind = condition.kind;
  report.text = to_text(condition);
  report.has_hysteresis = condition.hysteresis;
  report.children.reserve(condition.children.size());
  for (const auto& child : condition.children)
    report.children.push_back(examine(child, state, inputs, now));
  auto found = ask(condition, report.children, state, inputs, now);
  report.holds = found.holds;
  report.sentence = std::move(found.sentence);
  report.due = found.holds ? never : found.due;
  report.armed = !condition.hysteresis || !state.disarmed.contains(report.text);
  if (report.holds && !report.armed)
    report.sentence += ", as at the last firing";
  return report;
}

} // namespace ratchet::workflows
