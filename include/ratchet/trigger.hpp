#pragma once

#include "workflows/definition.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// When a loop starts an iteration by itself: conditions, how they combine, and
/// what must hold besides them.
///
///   .retrain_when(any_of(feedback_count("correction", 300),
///                        drop_of("accuracy", {.below = 0.90}))
///                     .cooldown(1h))

namespace ratchet {

/// A condition with what must hold besides it.
class trigger {
public:
  explicit trigger(workflows::trigger_condition condition);
  explicit trigger(workflows::trigger_policy policy);

  /// No new iteration sooner than this after the last one ended.
  trigger& cooldown(duration d);
  /// No new iteration with fewer new pieces of joined feedback.
  trigger& at_least(std::uint64_t feedback);
  /// At most `starts` (100 at most) in any `window`. By hand, an operator may
  /// start more.
  trigger& budget(std::uint32_t starts, duration window);
  /// What fires while as many iterations run as may is recorded as skipped,
  /// and counting begins anew. Otherwise, all such firings are one, which
  /// starts when an iteration ends. (With `.timing(asynchronous{...})` as many
  /// may run as max_in_flight says.)
  trigger& skip_when_busy();
  /// What fires then is recorded and kept, one at a time, with the inputs and
  /// the data it fired with, and starts when an iteration ends; what fires
  /// besides waits until it has.
  trigger& queue_one_when_busy();
  /// No start while attempts of the loop's iterations have run for `running`
  /// in the last `window`: `.compute_budget(90min, 7 * 24h)`. What ended
  /// iterations ran counts from their end on, what is in flight as it runs. By
  /// hand, an operator may start more.
  trigger& compute_budget(duration running, duration window);
  /// A level, such as champion_older_than or what is combined with it, that
  /// holds on after it has made the trigger fire, fires again as soon as
  /// nothing else forbids it. With hysteresis it counts again only after it
  /// did not hold for a moment (workflows/trigger.hpp). Belongs to this
  /// condition, also inside any_of, all_of and at_least_of.
  trigger& hysteresis();

  [[nodiscard]] const workflows::trigger_policy& policy() const {
    return policy_;
  }

private:
  workflows::trigger_policy policy_;
};

/// `channel` gained `count` pieces of feedback since the last start.
[[nodiscard]] trigger feedback_count(std::string channel, std::uint64_t count);
/// So long after the last start (or after the loop was first seen).
[[nodiscard]] trigger every(duration interval);
/// By the calendar of a time zone: `cron("30 2 * * MON-FRI", "Europe/Berlin")`.
/// Fields, names and daylight saving: workflows/cron.hpp. Times that pass while
/// the engine is down, or the loop is paused, are made up for by one start.
[[nodiscard]] trigger cron(std::string schedule, std::string zone = "UTC");
/// The champion has served for `age` (never while there is none).
[[nodiscard]] trigger champion_older_than(duration age);
/// Someone called `POST /v1/loops/<loop>/webhooks/<name>` since the last start.
[[nodiscard]] trigger webhook(std::string name);
/// Another loop, which must be hosted too, got a new champion since the last
/// start: by a promotion, or by hand, but not by a rollback.
[[nodiscard]] trigger promoted(std::string loop);

/// A version of this loop was taken back since the last start: by an alarm in
/// its probation (`loop::promote`), or by hand.
[[nodiscard]] trigger rolled_back();

/// Options of `drop_of` and `loop::alarm`.
struct drop_limits {
  /// Of a metric of which higher is better: what its mean must not fall below.
  std::optional<double> below{};
  /// Of one of which lower is better: what its mean must not rise above.
  std::optional<double> above{};
  double mean_days_between_false_alarms = 30;
  /// At least so many observations as well; 0: no bound.
  std::uint64_t observations_between_false_alarms = 0;
  /// The same for warnings, which come sooner; 0: a tenth of the days above.
  double mean_days_between_false_warnings = 0;
};
/// The mean of a declared metric, over the champion's traffic, is found to be
/// below (or above) a limit:
/// `drop_of("accuracy", {.below = 0.90, .mean_days_between_false_alarms =
/// 30})`. The metric's channel is a boolean, or a number with bounds. While the
/// mean is as good as the limit, false alarms are as far apart as said, on
/// average, however the traffic comes and however often one looks; a drop is
/// found in the end, a large one soon. An alarm lasts until the champion moves
/// or an operator acknowledges it (`ratchet alarms ack`).
[[nodiscard]] trigger drop_of(std::string metric, drop_limits limits);

/// Options of `area_of`.
using area_demand = workflows::area_demand;
/// A look that was made since the last start has confirmed an improvement area
/// of the metric, at the champion: `area_of("accuracy", {.impact = 0.01})`
/// counts those without which the mean would be better by that much. Looks are
/// declared by `loop::areas`. Each look starts at most one iteration.
[[nodiscard]] trigger area_of(std::string metric, area_demand demand = {});

namespace detail {
[[nodiscard]] workflows::drop_rule rule_of(const drop_limits& limits);
/// Cooldown, minimum, budgets and what happens when busy belong to a whole
/// policy: of those that the children bring along, the strictest is kept.
[[nodiscard]] trigger combine(
  workflows::condition_kind kind, const std::vector<trigger>& children,
  std::uint64_t count = 0);
} // namespace detail
template <class... Triggers>
[[nodiscard]] trigger any_of(Triggers... triggers) {
  return detail::combine(
    workflows::condition_kind::any_of, {std::move(triggers)...});
}
template <class... Triggers>
[[nodiscard]] trigger all_of(Triggers... triggers) {
  return detail::combine(
    workflows::condition_kind::all_of, {std::move(triggers)...});
}
/// `count` of the triggers hold at the same time.
template <class... Triggers>
[[nodiscard]] trigger at_least_of(std::uint64_t count, Triggers... triggers) {
  return detail::combine(
    workflows::condition_kind::at_least_of, {std::move(triggers)...}, count);
}

} // namespace ratchet
