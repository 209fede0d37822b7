#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "workflows/areas.hpp"
#include "workflows/definition.hpp"
#include "workflows/drops.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::workflows {

/// The calls of one webhook, ever.
struct webhook_calls {
  std::uint64_t calls = 0;
  std::uint64_t last_event = 0; ///< Number of the loop's event of the last.

  friend bool operator==(const webhook_calls&, const webhook_calls&) = default;
};

/// What a trigger looks at: totals since the loop began, as the monitor had
/// them when its cursor stood at `cursor`. Recorded with each decision.
struct trigger_inputs {
  sequence cursor;
  /// Feedback that has been joined to its interaction, by channel.
  std::map<std::string, std::uint64_t> joined;
  /// By other loop: how often its champion moved forward. A loop that is not
  /// there has not been heard of yet.
  std::map<std::string, std::uint64_t> promotions{};
  std::map<std::string, webhook_calls> webhooks{}; ///< By name.
  /// How long attempts of the iterations in flight have run, as far as that is
  /// not in `trigger_state::spent`. Kept only where there is a budget for it.
  duration in_flight{0};
  /// Of all metrics that are watched for drops, by condition as text. One that
  /// nothing was seen of since its watch began is not there, or speaks of a
  /// watch that is over.
  std::map<std::string, drop_reading> drops{};
  /// The last looks at the champion, by metric.
  area_readings areas{};
  std::uint64_t rollbacks = 0; ///< Of the loop's own champion, ever.

  friend bool
  operator==(const trigger_inputs&, const trigger_inputs&) = default;
};

/// What attempts ran until about `at`.
struct spent_compute {
  time_point at;
  duration ran{0};

  friend bool operator==(const spent_compute&, const spent_compute&) = default;
};

/// What a trigger remembers: the totals at the last start, and when that was.
struct trigger_state {
  trigger_inputs baseline;
  time_point first_seen;     ///< When the loop was first hosted.
  time_point last_start;     ///< Epoch: never.
  time_point last_end;       ///< Epoch: never.
  time_point champion_since; ///< Epoch: no champion yet.
  /// Starts by the trigger, the oldest first: as many as a budget may ask for.
  std::vector<time_point> starts;
  /// Conditions with hysteresis, as text, that have made it fire and have held
  /// ever since.
  std::set<std::string> disarmed{};
  std::map<std::string, webhook_calls> webhooks{}; ///< By name.
  /// By ended iterations, the oldest first, as long ago as a budget asks for.
  std::vector<spent_compute> spent{};
  /// What watches for drops began with: the last move of the champion, as the
  /// number of its event and 1; 0: none yet.
  std::uint64_t watch_record = 0;
  /// By condition, the acknowledgements since then, which begin it anew.
  std::map<std::string, std::uint64_t> acknowledged{};
  /// The last looks for areas since the champion's last move, by metric.
  area_readings areas{};
  std::uint64_t rollbacks = 0; ///< Of the champion, ever.

  friend bool operator==(const trigger_state&, const trigger_state&) = default;
};

enum class trigger_outcome : std::uint8_t {
  fire = 1,
  not_met = 2,      ///< The condition does not hold yet.
  too_few = 3,      ///< It holds, but `minimum` is not reached.
  cooling_down = 4, ///< It holds, but the last end is too recent.
  over_budget = 5,  ///< It holds, but there were enough starts lately, or
                    ///< enough compute was spent.
};

/// The most starts that a budget may allow in its window: as many are kept in
/// the state, which is stored with each event.
inline constexpr std::uint32_t most_budgeted = 100;

[[nodiscard]] std::string_view to_string(trigger_outcome outcome);

struct trigger_verdict {
  trigger_outcome outcome = trigger_outcome::not_met;
  /// One sentence with the numbers: "correction gained 312 of 300".
  std::string sentence;
  /// When time alone may change the verdict; epoch: never. Not a promise: the
  /// caller asks again then, and with every new input.
  time_point look_again;
};

/// What one condition of the tree says at a moment.
struct condition_report {
  condition_kind kind = condition_kind::any_of;
  std::string text;   ///< As its author wrote it.
  bool holds = false; ///< What it asks for is so.
  bool armed = true;  ///< False: it holds since it last fired, and does not
                      ///< count.
  bool has_hysteresis = false;
  std::string sentence; ///< With the numbers.
  /// When time alone makes it count; epoch: it cannot, or it counts now.
  time_point due;
  std::vector<condition_report> children;

  [[nodiscard]] bool met() const { return holds && armed; }
};

/// Pure.
///
/// `feedback_count`, `webhook`, `promoted`, `area` and `rolled_back` compare
/// against the baseline;
/// `every` and `cron` count from the last start, or from `first_seen` before
/// the first. A firing that was skipped or queued counts as a start there. All
/// of these begin anew with each start. A loop of `promoted` that has no
/// baseline yet gets one first (`trigger_noted`): what it promoted before the
/// condition was declared counts for nothing.
///
/// The others are levels: `champion_age` holds on until the champion moves,
/// `drop` until that or until its alarm is acknowledged, and so does what is
/// made of them by any_of, all_of or at_least_of. A level
/// that holds fires again as soon as nothing else forbids it. With
/// `hysteresis` it does so once: a firing disarms it, if it held then, and it
/// is armed again when it is seen not to hold. The loop looks after each event
/// of its own, and whenever inputs come.
[[nodiscard]] condition_report examine(
  const trigger_condition& condition, const trigger_state& state,
  const trigger_inputs& inputs, time_point now);

/// What forbids a start by the trigger although its condition holds: the
/// cooldown, then the budgets. Without any: `outcome` is `fire`.
struct start_limit {
  trigger_outcome outcome = trigger_outcome::fire;
  std::string sentence; ///< "cooling down for 20min"
  time_point free;      ///< When time alone ends it; epoch: it does not.
};
[[nodiscard]] start_limit find_limit(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now);

/// Whether an iteration should start. Pure, and a function of what is
/// recorded: a replay of the inputs gives the same verdict.
///
/// Order of the checks: condition, minimum, cooldown, budget of starts, budget
/// of compute. That of compute sums what ended iterations ran, counted at
/// their end, and what those in flight ran so far.
[[nodiscard]] trigger_verdict evaluate(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now);

/// What a firing with these inputs disarms: the conditions with hysteresis that
/// count now.
[[nodiscard]] std::set<std::string> fired_conditions(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now);

/// What becomes of a trigger's memory while nothing starts.
struct trigger_notes {
  std::set<std::string> rearmed; ///< They do not hold any more, or are gone.
  /// Other loops that were heard of for the first time, with their totals.
  std::map<std::string, std::uint64_t> primed;
};
[[nodiscard]] trigger_notes take_notes(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now);

/// The webhooks and the other loops that a policy's conditions name.
[[nodiscard]] std::set<std::string>
sources_of(const trigger_policy& policy, condition_kind kind);

/// The record that a watch for drops began with: `watch_record`, or the
/// acknowledgement of its alarm.
[[nodiscard]] std::uint64_t
watch_record_of(const trigger_state& state, const std::string& condition);

/// What is said of a condition's watch; null if nothing is, or if it is said of
/// a watch that is over.
[[nodiscard]] const drop_reading* current_reading(
  const trigger_state& state, const trigger_inputs& inputs,
  const std::string& condition);

/// The totals at a start become what the next is compared with. Other loops
/// and webhooks that `inputs` does not know keep what there was.
void set_baseline(trigger_state& state, const trigger_inputs& inputs);

/// Adds what an iteration that ended at `at` ran, and forgets what has left
/// the window. Ends that are closer than a 128th of the window become one, at
/// the later of their times: so the state stays small, and errs by so much to
/// the side of starting later.
void add_spent(
  trigger_state& state, const spent_compute& spent, duration window);

} // namespace ratchet::workflows
