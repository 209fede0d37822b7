#include "workflows/probation.hpp"

#include "workflows/detail/checking.hpp"
#include "workflows/detail/number_text.hpp"
#include "workflows/loop_state.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ratchet::workflows {

namespace {

std::string text(version_number number) {
  return "version " + std::to_string(number.value);
}

/// ", on average 0.8871 over all of them, which is 0.86 to 0.91 with 95 %
/// confidence at all times".
std::string mean_text(const drop_reading& reading) {
  using detail::rounded;
  return "on average " + rounded(reading.mean) + " over all " +
    std::to_string(reading.observations) + ", which is " +
    rounded(reading.low) + " to " + rounded(reading.high) +
    " with 95 % confidence at all times";
}

} // namespace

std::string detail::check_promotion(
  const loop_definition& definition, const promotion_options& options) {
  const auto probation = options.probation;
  if (probation == duration{0})
    return {};
  if (auto why = check_positive("probation", probation, "24h"); !why.empty())
    return why;
  const auto watched = watched_drops(definition);
  if (watched.empty())
    return "a probation of " + format_duration(probation) +
      ", but no metric is watched that could end it; give one an alarm(...), "
      "or drop_of(...) in retrain_when";
  for (const auto& [condition, drop] : watched)
    if (!(std::chrono::duration<double, std::ratio<86'400>>{probation}.count() <
          drop.rule.days))
      return "a probation of " + format_duration(probation) + ", in which " +
        condition +
        " may well raise a false alarm; give one far below the days between "
        "those";
  return {};
}

std::optional<probation_view> probation_of(const loop_state& state) {
  if (state.probation_until == time_point{})
    return std::nullopt;
  return probation_view{
    state.champion, state.previous, state.trigger.champion_since,
    state.probation_until};
}

std::optional<champion_moved> find_rollback(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, time_point now) {
  const auto guarded = probation_of(state);
  if (!guarded)
    return std::nullopt;
  std::optional<probation_alarm> first;
  for (auto& [condition, watched] : watched_drops(definition)) {
    const auto* reading = current_reading(state.trigger, inputs, condition);
    if (
      reading == nullptr || reading->level != drop_level::alarm ||
      reading->version != guarded->version || reading->at >= guarded->until ||
      (first && first->reading.at <= reading->at))
      continue;
    first =
      probation_alarm{condition,     watched.metric, watched.rule,  *reading,
                      inputs.cursor, guarded->since, guarded->until};
  }
  if (!first)
    return std::nullopt;
  champion_moved moved{
    move_kind::rollback,
    guarded->version,
    guarded->previous,
    {},
    std::string{by_probation},
    rollback_sentence(*first, guarded->version, guarded->previous),
    now};
  moved.alarm = std::move(*first);
  return moved;
}

std::string rollback_sentence(
  const probation_alarm& alarm, version_number from, version_number to) {
  const auto& reading = alarm.reading;
  // Feedback that joined before the promotion counts, if it is of the version.
  const auto passed = std::max(reading.at - alarm.since, duration{0});
  return text(from) + " was taken back after " + format_duration(passed) +
    " of its probation of " + format_duration(alarm.until - alarm.since) +
    ", and " + text(to) +
    " serves again: " + drop_sentence(alarm.metric, alarm.rule, &reading) +
    "; " + mean_text(reading);
}

} // namespace ratchet::workflows
