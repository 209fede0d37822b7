#pragma once

#include "base/clock.hpp"
#include "workflows/area_options.hpp"
#include "workflows/experiment_options.hpp"
#include "workflows/fan_out_options.hpp"
#include "workflows/nested_options.hpp"
#include "workflows/promotion_options.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A loop's definition as plain data: what the builder (ratchet/loop.hpp)
/// makes, `check` proves sound, the engine runs, and the store keeps.
///
/// Nothing here runs. C++ callables are not part of a definition: a callable
/// stage is known by its name, and the program that hosts the loop brings the
/// function.

namespace ratchet::workflows {

/// What a channel's values are. On disk: never renumber.
enum class value_type : std::uint8_t {
  boolean = 1,
  number = 2,
  category = 3,
  text = 4,
};

/// A typed stream of feedback.
struct channel_definition {
  std::string name;
  value_type type = value_type::boolean;
  /// category: the allowed labels, in order; `category("x", 10)` declares
  /// "0" to "9". Never empty for a category.
  std::vector<std::string> labels;
  /// number: the inclusive range; absent means any finite number.
  std::optional<double> min;
  std::optional<double> max;
};

/// When a metric of the champion is taken to have become worse
/// (workflows/drops.hpp).
struct drop_rule {
  double limit = 0;     ///< What its mean must not fall below,
  bool rising = false;  ///< or rise above.
  double days = 30;     ///< Mean time between false alarms.
  double warn_days = 0; ///< Between false warnings; 0: a tenth of `days`.
  /// At least so many observations between false alarms; 0: no bound.
  std::uint64_t observations = 0;

  friend bool operator==(const drop_rule&, const drop_rule&) = default;
};

/// A declared number with a direction: the mean of a boolean or number channel
/// over the feedback that was joined to an interaction.
struct metric_definition {
  std::string name;
  std::string channel;
  bool higher_is_better = true;
  /// Watched without a trigger. Not in the fingerprint: see there.
  std::optional<drop_rule> alarm{};
};

/// The windows over which metrics are shown: of `size`, one beginning with each
/// `slide`. Not in the fingerprint: see there.
struct window_policy {
  duration size{std::chrono::hours{24}};
  duration slide{std::chrono::hours{1}};
  duration keep{std::chrono::hours{7 * 24}}; ///< How far back they reach.

  friend bool operator==(const window_policy&, const window_policy&) = default;
};

/// When a loop asks for an iteration: a tree of conditions.
enum class condition_kind : std::uint8_t {
  feedback_count = 1, ///< `channel` gained `count` since the last start.
  every = 2,          ///< `interval` has passed since the last start.
  any_of = 3,
  all_of = 4,
  at_least_of = 5,  ///< `count` of `children` hold.
  cron = 6,         ///< `schedule` in `zone` came since the last start.
  champion_age = 7, ///< The champion has served for `interval`.
  webhook = 8,      ///< `source` was called since the last start.
  promoted = 9,     ///< Loop `source` got a new champion since then.
  drop = 10,        ///< The alarm of `drop` for metric `source` is on.
  area = 11, ///< A look since the last start confirmed an area of `source`.
  rolled_back = 12, ///< A version was taken back since the last start.
};

struct trigger_condition {
  condition_kind kind = condition_kind::any_of;
  std::string channel;
  std::uint64_t count = 0;
  duration interval{0};
  std::vector<trigger_condition> children;
  std::string schedule; ///< cron: workflows/cron.hpp.
  std::string zone;     ///< cron: an IANA name.
  std::string source{}; ///< webhook: its name; promoted: the other loop's;
                        ///< drop, area: the metric's.
  /// Once it has made the trigger fire, it counts again only after it did not
  /// hold for a moment (workflows/trigger.hpp).
  bool hysteresis = false;
  drop_rule drop{};
  area_demand area{};
};

/// The condition as its author wrote it: `champion_older_than(30d)`. Equal
/// only for equal conditions, except that its own `hysteresis` is left out.
[[nodiscard]] std::string to_text(const trigger_condition& condition);

/// What becomes of a firing while as many iterations run as may. On disk:
/// never renumber.
enum class when_busy : std::uint8_t {
  coalesce = 1, ///< All firings meanwhile are one, which starts at the end.
  skip = 2,     ///< It is recorded as skipped, and counting begins anew.
  /// It is recorded and kept, one at a time, and starts at the end.
  queue_one = 3,
};

/// At most `starts` iterations by the trigger in any `window`; 0: no bound.
struct start_budget {
  std::uint32_t starts = 0;
  duration window{0};

  friend bool operator==(const start_budget&, const start_budget&) = default;
};

/// No start by the trigger while the loop's attempts have run for `running` in
/// the last `window`; 0: no bound.
struct compute_budget {
  duration running{0};
  duration window{0};

  friend bool
  operator==(const compute_budget&, const compute_budget&) = default;
};

/// The condition and what must hold besides it. Without conditions a loop
/// starts iterations only by hand.
struct trigger_policy {
  std::optional<trigger_condition> condition;
  duration cooldown{0};      ///< From an iteration's end to the next start.
  std::uint64_t minimum = 0; ///< New joined feedback, over all channels.
  start_budget budget;
  when_busy busy = when_busy::coalesce;
  compute_budget compute{};
};

/// What a stage's condition asks. On disk: never renumber.
enum class predicate_kind : std::uint8_t {
  number = 1,    ///< `value` of `stage`, compared with `number`.
  text = 2,      ///< `value` of `stage`, compared with `text`, byte by byte.
  succeeded = 3, ///< `stage` succeeded.
  skipped = 4,   ///< `stage` was skipped.
  all_of = 5,
  any_of = 6,
  negation = 7, ///< Of its one child.
};

/// On disk: never renumber.
enum class comparison : std::uint8_t {
  less = 1,
  at_most = 2,
  more = 3,
  at_least = 4,
  equal = 5,
  unequal = 6,
};

/// Whether a stage runs or is skipped: a tree of questions about what stages
/// before it recorded. workflows/condition.hpp answers them.
struct stage_condition {
  predicate_kind kind = predicate_kind::number;
  std::string stage;
  std::string value; ///< Its name among the recorded outputs.
  comparison op = comparison::equal;
  double number = 0;
  std::string text;
  std::vector<stage_condition> children;
};

enum class stage_kind : std::uint8_t {
  command = 1,
  callable = 2,
  dataset = 3,
  gate = 4,
  promote = 5,
  approval = 6,    ///< Waits for a person's yes or no.
  sleep = 7,       ///< Waits for time to pass.
  wait_signal = 8, ///< Waits for a signal.
  run_loop = 9,    ///< An iteration of another loop.
  choose = 10,     ///< One of several challengers: workflows/choose.hpp.
  experiment = 11, ///< Compares with the champion, with live traffic.
};

/// True for stages that only wait: they have no attempts.
[[nodiscard]] constexpr bool is_wait(stage_kind kind) {
  return kind == stage_kind::approval || kind == stage_kind::sleep ||
    kind == stage_kind::wait_signal;
}

/// True for stages that say whether a version is good enough.
[[nodiscard]] constexpr bool is_judge(stage_kind kind) {
  return kind == stage_kind::gate || kind == stage_kind::experiment;
}

/// What a wait comes to when its deadline passes. On disk: never renumber.
enum class wait_outcome : std::uint8_t {
  undeclared = 1, ///< Of a sleep, which has none; else `check` refuses it.
  fail = 2,       ///< The stage fails, and the iteration with it.
  skip = 3,       ///< The stage is skipped: what comes after it goes on.
  approve = 4,    ///< approval: as if somebody had.
  reject = 5,     ///< approval: as if somebody had.
};

/// What a stage waits for.
struct wait_options {
  std::string signal; ///< wait_signal: its name.
  duration within{0}; ///< Until the deadline; sleep: how long.
  wait_outcome on_timeout = wait_outcome::undeclared;
};

/// Delay before try n+1 is `initial * multiplier^(n-1)`, at most `cap`, then
/// spread by +-`jitter` (a fraction) with a hash of the attempt id.
struct retry_policy {
  std::uint32_t max_attempts = 1;
  duration initial{std::chrono::seconds{1}};
  double multiplier = 2.0;
  duration cap{std::chrono::minutes{5}};
  double jitter = 0.1;
  /// Exit codes of a command that no retry will mend.
  std::vector<int> non_retryable_exit_codes;
  /// The same by the names of failures: those that stages give, and the
  /// engine's own (workflows/stage.hpp).
  std::vector<std::string> non_retryable{};
};

/// A training set out of the history.
struct dataset_options {
  std::string format = "labels"; ///< "labels", "sft", "kto": formats/dataset.
  std::string channel;           ///< The feedback that makes rows.
  double eval_fraction = 0.2;    ///< Split by hash of the interaction id.
  bool whole_history = true;     ///< Else only what is new since the last.
  /// How often a row of an improvement area is drawn for training, on average;
  /// a fraction is drawn by a hash. 1: as often as any. The areas are those of
  /// a look at the data as of the iteration's start.
  double oversample_areas = 1;
};

/// Champion and challenger on the same samples.
struct gate_options {
  std::string metric;   ///< The score's name in scores.jsonl.
  double margin = 0.01; ///< Largest loss that still passes.
  double alpha = 0.05;  ///< One-sided error of the margin test.
  std::uint64_t min_pairs = 10;
  /// True: the challenger must be significantly better, not only not worse.
  bool must_improve = false;
};

struct stage_definition {
  std::string name;
  stage_kind kind = stage_kind::command;
  std::vector<std::string> after;         ///< Empty only for the first stages.
  std::vector<std::string> argv;          ///< command
  std::map<std::string, std::string> env; ///< command: added variables
  dataset_options dataset;
  gate_options gate;
  duration timeout{std::chrono::hours{1}};  ///< Start to close, per attempt.
  duration grace{std::chrono::seconds{10}}; ///< From TERM to KILL.
  retry_policy retry;
  std::string label; ///< The worker it needs; empty: any.
  /// Asked when the stages before it are done; false: it is skipped.
  std::optional<stage_condition> when;
  /// Schedule to start: how long an attempt may wait for a slot; 0: for ever.
  duration start_within{0};
  /// How long a running attempt may be silent; 0: for ever.
  duration heartbeat_within{0};
  /// Absent: the loop's. Not in the fingerprint: see there.
  std::optional<std::uint32_t> priority;
  /// It runs once for each item: workflows/fan_out.hpp.
  std::optional<fan_out_options> for_each;
  wait_options wait;     ///< Of a stage that only waits.
  nested_options nested; ///< run_loop
  std::string choose_by; ///< choose: the gate to go by; empty: the last before.
  /// Of an experiment, which has it; others have not.
  std::optional<experiment_options> experiment{};
  promotion_options promotion{}; ///< promote
};

/// How much of its history a loop keeps. An absent bound is none; with both,
/// what either lets go goes. workflows/retention.hpp says what stays besides.
struct retention_limits {
  std::optional<duration> age; ///< Since an event was taken in.
  std::optional<std::uint64_t> bytes;

  friend bool
  operator==(const retention_limits&, const retention_limits&) = default;
};

/// When a cleanup stage runs. On disk: never renumber.
enum class cleanup_kind : std::uint8_t {
  compensate = 1, ///< `undoes` succeeded, and the iteration failed or was
                  ///< canceled.
  on_failure = 2, ///< The iteration failed or was canceled.
  always = 3,
};

[[nodiscard]] std::string_view to_string(cleanup_kind kind);

/// A command or callable that runs when the graph has come to rest.
struct cleanup_definition {
  cleanup_kind kind = cleanup_kind::always;
  std::string undoes; ///< compensate: the stage.
  stage_definition stage;
};

/// How training and serving take turns. On disk: never renumber.
enum class timing_mode : std::uint8_t {
  open = 1,         ///< All feedback is admitted, whenever and of whatever.
  synchronous = 2,  ///< Only the champion's, and none while the loop updates.
  asynchronous = 3, ///< That of the last `max_staleness` champions, too.
};

/// What becomes of feedback on an interaction whose data an iteration has
/// used already. On disk: never renumber.
enum class late_policy : std::uint8_t {
  into_next_dataset = 1,
  drop = 2, ///< It is counted as late.
};

/// More champions than this are not remembered.
inline constexpr std::uint32_t most_staleness = 100;

struct timing_policy {
  timing_mode mode = timing_mode::open;
  std::uint32_t max_staleness = 0; ///< asynchronous
  late_policy late = late_policy::into_next_dataset;

  friend bool operator==(const timing_policy&, const timing_policy&) = default;
};

[[nodiscard]] std::string_view to_string(timing_mode mode);
[[nodiscard]] std::string_view to_string(late_policy policy);

struct loop_definition {
  std::string name;
  std::vector<channel_definition> channels;
  std::vector<metric_definition> metrics;
  std::vector<std::string> slice_by;
  duration join_window{std::chrono::hours{24}};
  trigger_policy trigger;
  std::uint32_t max_in_flight = 1; ///< Iterations at once.
  std::vector<stage_definition> stages;
  retention_limits keep; ///< Not in the fingerprint: see there.
  std::vector<cleanup_definition> cleanup; ///< As declared.
  std::uint32_t concurrency = 0; ///< Attempts at once; 0: no bound of its own.
  std::uint32_t priority = 0;    ///< Of its attempts; 9 goes first.
  timing_policy timing{};
  window_policy windows{};
  std::vector<area_options> areas{};

  [[nodiscard]] const channel_definition* channel(const std::string& n) const;
  /// Of the graph.
  [[nodiscard]] const stage_definition* stage(const std::string& n) const;
  [[nodiscard]] const cleanup_definition*
  cleanup_stage(const std::string& n) const;
  /// Of the graph or of cleanup.
  [[nodiscard]] const stage_definition* any_stage(const std::string& n) const;
};

/// One number for all that decides how an iteration runs: equal definitions
/// have equal fingerprints on every machine and in every build. As hex.
///
/// `keep` is left out. It belongs to the loop and holds from one look at the
/// history to the next, whichever definition an iteration began with; an
/// author who shortens it must not strand the iterations that run. So are
/// `concurrency`, priorities and `fan_out_options::parallel`, which say when an
/// attempt runs, not what it does; and `windows`, the alarms of metrics and how
/// often areas are looked for, by which nothing runs at all.
[[nodiscard]] std::string fingerprint(const loop_definition& definition);

} // namespace ratchet::workflows
