#include "analysis/drop_watch.hpp"

#include "analysis/mixture.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace ratchet::analysis {

namespace {

using days_of = std::chrono::duration<double, std::ratio<86'400>>;

constexpr double most_silence = 1; // Day.
constexpr double widest = 1e9;     // Moments hold a little more.
/// Of the interval of the mean, which decides nothing; tightest at so many.
constexpr double interval_alpha = 0.05;
constexpr double interval_best_at = 1'000;

/// As a share of the range, 1 being best.
double score(const drop_limits& limits, double value) {
  const auto share = (value - limits.low) / (limits.high - limits.low);
  return limits.rising ? 1 - share : share;
}

double weight_of(const drop_watch& watch, time_point known) {
  const auto passed =
    watch.last == time_point{} ? duration{1} : known - watch.last;
  auto weight = std::clamp(days_of{passed}.count(), 0.0, most_silence);
  if (watch.limits.observations > 0)
    weight = std::min(
      weight,
      watch.limits.days / static_cast<double>(watch.limits.observations));
  return weight;
}

/// The observations since the sum of what they are below par was last made up
/// for: where the mean fell, if it did.
void follow_onset(
  drop_watch& watch, double value, double share, time_point known) {
  watch.slack += watch.detector.reference - share;
  if (watch.slack <= 0) {
    watch.slack = 0;
    watch.since_onset = {};
    watch.onset = {};
    return;
  }
  if (watch.onset == time_point{})
    watch.onset = known;
  RATCHET_ASSERT(add(watch.since_onset, value).ok());
}

drop_finding
describe(const drop_watch& watch, drop_level level, double threshold) {
  drop_finding found;
  found.level = level;
  found.evidence = evidence(watch);
  found.threshold = threshold;
  found.observations = watch.seen.count;
  found.mean = mean(watch.seen).value_or(0);
  found.recent = watch.since_onset.count;
  found.recent_mean = mean(watch.since_onset).value_or(0);
  found.since = watch.onset;
  found.at = watch.last;
  found.covered = ranged_mean_sequence(
    watch.seen, {watch.limits.low, watch.limits.high}, interval_alpha,
    interval_best_at);
  return found;
}

std::string text(double value) {
  return std::to_string(value);
}

} // namespace

result<void> check(const drop_limits& limits) {
  const auto& l = limits;
  // Written so that NaN, which compares false, is refused too.
  if (!(-widest <= l.low && l.low < l.high && l.high <= widest))
    return error{
      errc::invalid_argument,
      "a range from " + text(l.low) + " to " + text(l.high) +
        " is none that a drop can be watched for in"};
  const auto reference = score(l, l.limit);
  if (!(reference > 0 && reference < 1))
    return error{
      errc::invalid_argument,
      "a limit of " + text(l.limit) + " is not inside the range from " +
        text(l.low) + " to " + text(l.high)};
  if (!(l.days > 0 && l.days <= 1e5 && l.warn_days > 0 &&
        l.warn_days <= l.days))
    return error{
      errc::invalid_argument,
      "false alarms " + text(l.days) + " days apart and warnings " +
        text(l.warn_days) +
        " days apart: give days above 0, and no more for warnings"};
  return {};
}

drop_watch begin_watch(
  std::string metric, const drop_limits& limits, const watch_origin& origin) {
  RATCHET_ASSERT(check(limits).ok());
  drop_watch watch;
  watch.metric = std::move(metric);
  watch.limits = limits;
  watch.origin = origin;
  watch.detector.reference = score(limits, limits.limit);
  return watch;
}

void observe(drop_watch& watch, double value, time_point known) {
  const auto share = score(watch.limits, value);
  if (!observe(watch.detector, share, weight_of(watch, known))) {
    ++watch.unusable;
    return;
  }
  RATCHET_ASSERT(add(watch.seen, value).ok());
  watch.last = std::max(watch.last, known);
  follow_onset(watch, value, share, known);
  const auto& limits = watch.limits;
  if (!watch.warned && alarmed(watch.detector, limits.warn_days))
    watch.warned = describe(watch, drop_level::warning, limits.warn_days);
  if (!watch.alarmed && alarmed(watch.detector, limits.days))
    watch.alarmed = describe(watch, drop_level::alarm, limits.days);
}

drop_finding finding(const drop_watch& watch) {
  if (watch.alarmed)
    return *watch.alarmed;
  if (watch.warned)
    return *watch.warned;
  return describe(watch, drop_level::calm, watch.limits.warn_days);
}

} // namespace ratchet::analysis
