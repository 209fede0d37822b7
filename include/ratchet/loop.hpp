#pragma once

#include "base/result.hpp"
#include "ratchet/condition.hpp"
#include "ratchet/fan_out.hpp"
#include "ratchet/stage.hpp"
#include "ratchet/trigger.hpp"
#include "workflows/definition.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The loop builder: what a loop's author writes.
///
///   auto digits = loop("digits")
///       .channel(category("correction", 10))
///       .retrain_when(feedback_count("correction", 300).cooldown(1h))
///       .stage("dataset", export_dataset{.channel = "correction"})
///       .stage("train", command({"python3", "/srv/train.py"}).timeout(2h))
///       .gate("no regression", not_worse_than_champion("accuracy"))
///       .promote();
///
/// Nothing is checked while building, so that mistakes come together: `check`
/// (called by ratchet::main before anything starts) reports the first one
/// with loop, place and remedy.

namespace ratchet {

// Channels ------------------------------------------------------------------

/// Thumbs: JSON true or false.
[[nodiscard]] workflows::channel_definition boolean(std::string name);
/// A finite number; with bounds, one inside them (inclusive).
[[nodiscard]] workflows::channel_definition
number_between(std::string name, double min, double max);
[[nodiscard]] workflows::channel_definition any_number(std::string name);
/// One of `count` classes: JSON integers 0 to count-1.
[[nodiscard]] workflows::channel_definition
category(std::string name, std::uint32_t count);
/// One of the labels: JSON strings.
[[nodiscard]] workflows::channel_definition
category(std::string name, std::vector<std::string> labels);
/// Free text.
[[nodiscard]] workflows::channel_definition text(std::string name);

// Stages --------------------------------------------------------------------

/// How often and how patiently a stage is tried again.
using retry = workflows::retry_policy;
/// Writes train.jsonl, eval.jsonl and dataset.json from the history.
using export_dataset = workflows::dataset_options;

/// A program. Arguments go to it as they are, never through a shell; the
/// one-string form is split at blanks, with '...' and "..." for those that
/// hold some, and expands nothing.
class command {
public:
  explicit command(std::vector<std::string> argv);
  explicit command(const std::string& line);

  command& timeout(duration start_to_close);
  command& grace(duration term_to_kill);
  command& retry(workflows::retry_policy policy);
  command& label(std::string worker_label);
  /// An attempt that has got no slot after this long fails, and is retried by
  /// the policy. Without a call it waits for ever.
  command& start_within(duration schedule_to_start);
  /// An attempt that is silent for this long is stopped and fails. Signs of
  /// life are lines `ratchet:progress ...` on its output, a touch of the file
  /// $RATCHET_HEARTBEAT, and heartbeats over HTTP.
  command& heartbeat_within(duration silence);
  /// 0 to 9, in place of the loop's: the highest waiting attempt goes first.
  command& priority(std::uint32_t priority);
  command& env(std::string name, std::string value);

  [[nodiscard]] const workflows::stage_definition& definition() const {
    return definition_;
  }
  /// What is wrong with the one-string form (a quote that is not closed).
  [[nodiscard]] const std::string& mistake() const { return mistake_; }

private:
  workflows::stage_definition definition_;
  std::string mistake_;
};

/// A stage in C++, where more than the function is to be said.
class callable {
public:
  explicit callable(stage_function function);

  callable& timeout(duration start_to_close);
  callable& retry(workflows::retry_policy policy);
  callable& label(std::string worker_label);
  /// As of a command.
  callable& start_within(duration schedule_to_start);
  /// As of a command; signs of life are `stage_context::heartbeat` and
  /// `progress`.
  callable& heartbeat_within(duration silence);
  callable& priority(std::uint32_t priority);

  [[nodiscard]] const workflows::stage_definition& definition() const {
    return definition_;
  }
  [[nodiscard]] const stage_function& function() const { return function_; }

private:
  workflows::stage_definition definition_;
  stage_function function_;
};

/// Options of `not_worse_than_champion`.
struct gate_limits {
  double margin = 0.01; ///< Largest loss that still passes.
  double alpha = 0.05;  ///< One-sided error of the test.
  std::uint64_t min_pairs = 10;
};

/// Passes if the challenger loses at most `margin` on `metric`, tested on the
/// samples both were scored on. Without a champion it passes.
[[nodiscard]] workflows::gate_options
not_worse_than_champion(std::string metric, gate_limits limits = {});
/// Passes only if the challenger is significantly better.
[[nodiscard]] workflows::gate_options
better_than_champion(std::string metric, gate_limits limits = {});

/// Options of `loop::experiment` and `loop::areas`, with what each means.
using experiment_options = workflows::experiment_options;
using area_options = workflows::area_options;
using promotion_options = workflows::promotion_options;

/// What happens when the deadline of a wait passes.
using on_timeout = workflows::wait_outcome;

/// Options of `approval`; both are to be given.
struct approval_limits {
  duration within{0};
  /// `on_timeout::reject`, `approve`, `fail` or `skip`.
  workflows::wait_outcome on_timeout = workflows::wait_outcome::undeclared;
};
/// Options of `wait_for_signal`; `within` and `on_timeout` are to be given.
struct signal_limits {
  std::string signal; ///< Empty: the stage's name.
  duration within{0};
  /// `on_timeout::fail` or `skip`.
  workflows::wait_outcome on_timeout = workflows::wait_outcome::undeclared;
};

/// What an end of another loop's iteration means to the stage that ran it.
using workflows::child_policy;

/// Options of `run_loop`.
struct nested_loop {
  /// From the stage's turn to the end of the child: at this point it is
  /// canceled. A loop that is paused or full is waited for until then.
  duration within{std::chrono::hours{24}};
  child_policy on_timeout = child_policy::fail;
  child_policy on_rejected = child_policy::fail;
  child_policy on_failed = child_policy::fail; ///< Or canceled.
};

/// Training and serving take turns: one iteration at a time, which learns only
/// from feedback on the champion's own traffic, and from none that arrives
/// between its start and its end. What arrives then is dropped, and counted;
/// counting for the next start begins when the iteration ends.
struct synchronous {};

/// Iterations may overlap, and learn from feedback on the traffic of the
/// champion at their start and of the last `max_staleness` champions before it
/// (100 at most; a rollback forgets those before it). One whose champion was
/// followed by another meanwhile may still promote, if it is no further behind
/// than that, and if its version is newer than the champion.
///
/// Without `max_staleness`, feedback of any version is admitted, and an
/// iteration promotes only against the champion that it began with; so it is
/// for a loop without timing, too, one iteration at a time.
struct asynchronous {
  std::optional<std::uint32_t> max_staleness{};
  std::uint32_t max_in_flight = 1;
};

/// For `late_feedback`.
inline constexpr auto into_next_dataset =
  workflows::late_policy::into_next_dataset;
inline constexpr auto drop = workflows::late_policy::drop;

/// Bounds of a loop's history: `.keep({.age = 90 * 24h})`.
using retention = workflows::retention_limits;
inline constexpr std::uint64_t megabyte = 1'000'000;
inline constexpr std::uint64_t gigabyte = 1'000 * megabyte;

// The loop ------------------------------------------------------------------

class loop {
public:
  explicit loop(std::string name);

  loop& channel(workflows::channel_definition channel);

  /// Declares a metric; `from`, `higher_is_better` and `lower_is_better` say
  /// the rest of the one declared last.
  loop& metric(std::string name);
  loop& from(std::string channel);
  loop& higher_is_better();
  loop& lower_is_better();
  /// Watches the metric declared last for a drop, without starting anything:
  /// what `drop_of` does for a trigger.
  loop& alarm(drop_limits limits);

  /// Attributes of interactions by which metrics are split.
  template <class... Names>
  loop& slice_by(Names... names) {
    (definition_.slice_by.emplace_back(std::move(names)), ...);
    return *this;
  }

  /// How long after its interaction feedback counts for metrics.
  loop& join_within(duration window);

  /// The windows of event time in which metrics are shown: `.windows({.size =
  /// 24h, .slide = 1h, .keep = 7 * 24h})` says what there is without a call.
  loop& windows(workflows::window_policy windows);

  /// Looks for improvement areas of a metric, every so often and before each
  /// data set: traffic in which the champion is worse than elsewhere, so much
  /// and so surely that it matters. Once for each metric.
  ///
  ///   .areas({.metric = "accuracy", .by = {"device", "age"}, .every = 6h})
  ///
  /// Shown by `ratchet areas`; `area_of` starts an iteration for one, and
  /// `export_dataset{.oversample_areas = 3}` draws its rows more often.
  loop& areas(area_options options);

  /// Bounds the history: `.keep({.age = 90 * 24h, .bytes = 50 * gigabyte})`.
  /// Events beyond a bound are dropped for good, the oldest first; without a
  /// call everything is kept. What the metrics, the join window, or an
  /// iteration under way still need stays longer than the bounds say. A data
  /// set that reaches back further begins at what is left.
  loop& keep(retention limits);
  loop& retrain_when(const trigger& trigger);
  loop& timing(synchronous setting);
  loop& timing(asynchronous setting);
  /// Of feedback on an interaction whose data an iteration has used already:
  /// without a call it goes into the next data set, where its interaction may
  /// make a second row; with `drop` it is dropped, and counted as late.
  loop& late_feedback(workflows::late_policy policy);
  /// At most so many attempts of the loop run at once, over all its iterations
  /// and on top of the node's limits.
  loop& concurrency(std::uint32_t attempts);
  /// 0 (without a call) to 9: among attempts that wait for a slot the highest
  /// goes first; of every four slots one is given regardless
  /// (workflows/dispatch.hpp has the rules).
  loop& priority(std::uint32_t priority);

  /// Adds a stage after the one declared before it; `after` says otherwise.
  loop& stage(std::string name, const command& stage);
  loop& stage(std::string name, const callable& stage);
  loop& stage(std::string name, stage_function function);
  loop& stage(std::string name, export_dataset options);
  loop& gate(std::string name, workflows::gate_options options);
  /// Chooses one of several challengers: of those that every gate before it
  /// passed the one with the largest mean gain over the champion, by `gate`, or
  /// by the last gate before it; of equal ones the one of the lowest index.
  /// (The whole rule: workflows/choose.hpp.) None left: it refuses, as a gate
  /// does. The promotion after it takes the one that was chosen; the others
  /// stay registered.
  ///
  ///   .stage("train", command("python3 train.py"))
  ///   .for_each(items({"small", "large"}))        // a model each
  ///   .stage("evaluate", command("python3 evaluate.py"))
  ///   .for_each(each_of("train"))                 // scores.jsonl for each
  ///   .gate("not worse", not_worse_than_champion("accuracy"))
  ///   .choose("best")
  ///   .promote()
  loop& choose(std::string name, std::string gate = {});
  /// Runs one iteration of another loop that this program hosts, and waits for
  /// its end: exactly one for each attempt, whatever crashes. A child that was
  /// promoted or completed is the stage's success; the other ends are as
  /// declared. Recorded values: `loop`, `iteration`, `outcome`, `reason`, and
  /// `version`, if it made one. When this iteration is canceled, so is the
  /// child.
  loop& run_loop(std::string name, std::string other, nested_loop options = {});
  /// Compares the iteration's version with the champion on live traffic; goes
  /// between the gates and `promote`. Its name is "experiment".
  ///
  ///   .experiment({.metric = "accuracy", .traffic = 0.5,
  ///                .guardrails = {{"fast_enough", 0.01}}})
  ///
  /// Units (users, if interactions name their subject) are assigned by
  /// `GET /v1/loops/<loop>/assignment`, each always to the same arm. It may be
  /// looked at all the time: it ends by itself as soon as the evidence says so.
  /// A winner lets the iteration go on; harm, a broken comparison, and the caps
  /// on units and time end the iteration `rejected`. A loop runs one at a time;
  /// moving the champion by hand cancels it. Without a champion it passes.
  /// What is promised: analysis/experiment.hpp, in words docs/guide.
  loop& experiment(experiment_options options);
  /// Makes the iteration's version the champion. `.promote({.probation = 24h})`
  /// guards it: for so long an alarm of any metric that the loop watches takes
  /// the champion before back, by itself (workflows/promotion_options.hpp).
  loop& promote(promotion_options options = {});

  /// Waits for a person to approve (`ratchet approve`) or to reject. A
  /// rejection ends the iteration `rejected`, as a gate's no does; an approval
  /// lets it go on. Who said so and why is recorded: as outputs "decision"
  /// ("approved" or "rejected"), "who" and "reason", and in what a promotion
  /// after it is explained with. After `within` without an answer it goes as
  /// `on_timeout` says, with "timeout" for who.
  ///
  ///   .approval("sign-off", {.within = 24h, .on_timeout = on_timeout::reject})
  ///
  /// Waits hold no slot and no thread; the iteration leaves memory meanwhile.
  /// They survive restarts, and a deadline that passes while the engine is
  /// down counts.
  loop& approval(std::string name, approval_limits limits);
  /// Waits for a signal of that name to the iteration (`ratchet signal`), and
  /// takes it. One that was sent before the stage's turn has been kept for it;
  /// each is taken once. Its content is recorded as outputs "payload", "from"
  /// and "id", for conditions and later stages.
  loop& wait_for_signal(std::string name, signal_limits limits);
  /// Waits for `time` to pass.
  loop& sleep(std::string name, duration time);

  /// The stages the last declared one waits for, in place of the one before.
  template <class... Names>
  loop& after(Names... names) {
    return after_these({std::string{std::move(names)}...});
  }

  /// The stage declared last runs only if `condition` holds once the stages
  /// before it are done; else it is skipped, which counts as done for those
  /// after it.
  loop& when(const condition& condition);

  /// The stage declared last, a command or a function, runs once for each item
  /// (ratchet/fan_out.hpp), and is done when all of them are.
  loop& for_each(const item_set& items);

  /// Undoes the stage declared last: runs if that had succeeded and the
  /// iteration then fails or is canceled. Compensations run one after the
  /// other, the last success first, before the stages of on_failure. Its name
  /// is "compensate " and the stage's.
  loop& compensate(const command& stage);
  loop& compensate(const callable& stage);
  /// Runs when an iteration has failed or was canceled, but not when a gate
  /// refused: that is a regular end.
  loop& on_failure(std::string name, const command& stage);
  loop& on_failure(std::string name, const callable& stage);
  /// Runs before an iteration ends, whatever its outcome; after on_failure.
  loop& always(std::string name, const command& stage);
  loop& always(std::string name, const callable& stage);

  [[nodiscard]] const workflows::loop_definition& definition() const {
    return definition_;
  }
  [[nodiscard]] const std::map<std::string, stage_function>& functions() const {
    return functions_;
  }
  /// The first mistake of the calls themselves (`from` before any `metric`),
  /// as place and remedy; empty: none.
  [[nodiscard]] const std::string& mistake() const { return mistake_; }

private:
  loop& after_these(std::vector<std::string> names);
  [[nodiscard]] workflows::stage_definition* last_stage(const char* call);
  loop& add_cleanup(
    workflows::cleanup_kind kind, std::string name, const command& stage,
    std::string undoes = {});
  loop& add_cleanup(
    workflows::cleanup_kind kind, std::string name, const callable& stage,
    std::string undoes = {});
  loop& add_cleanup(workflows::cleanup_definition cleanup);
  loop& add(workflows::stage_definition stage);
  [[nodiscard]] workflows::metric_definition* last_metric(const char* call);
  void note_mistake(std::string mistake);

  workflows::loop_definition definition_;
  std::map<std::string, stage_function> functions_;
  std::string mistake_;
  /// The last declaration was on_failure or always, which is no stage that
  /// `after`, `when` or `compensate` could be about.
  bool after_cleanup_ = false;
};

/// Everything that can be known before anything runs: names, references,
/// cycles, ranges, timeouts, retries, and functions for callable stages.
/// workflows/check.hpp lists the rules.
///
/// Errors: `invalid_argument`, whose message names the loop, the place and
/// the remedy: `loop "digits": stage "train": timeout is 0 ms; give a positive
/// one, such as 30min`.
[[nodiscard]] result<void> check(const loop& loop);
/// The same for loops that shall run together: also that names differ, that the
/// loops which `promoted` waits for and those whose iterations they run are
/// among them, and that none run each other in a circle.
[[nodiscard]] result<void> check(const std::vector<loop>& loops);

} // namespace ratchet
