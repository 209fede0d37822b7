#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "workflows/admission.hpp"
#include "workflows/definition.hpp"
#include "workflows/experiments.hpp"
#include "workflows/fan_out.hpp"
#include "workflows/stage.hpp"
#include "workflows/steering.hpp"
#include "workflows/waits.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// One turn of a loop: a graph of stages that is walked once. The state is
/// the fold of its journaled events; `decide` is the only way to new ones.

namespace ratchet::workflows {

/// On disk: never renumber.
enum class iteration_outcome : std::uint8_t {
  running = 1,
  promoted = 2,  ///< A promote stage succeeded.
  completed = 3, ///< All stages succeeded or were skipped; none promoted.
  rejected = 4,  ///< A gate said no.
  failed = 5,
  canceled = 6,
};

[[nodiscard]] std::string_view to_string(iteration_outcome outcome);

/// Events. Past tense, never refused, journaled before their effects.

/// Always the first. Written by the supervisor with the decision.
struct iteration_started {
  std::string loop;
  iteration_number number;
  std::string fingerprint; ///< Of the definition it runs under.
  std::string reason;      ///< The trigger's sentence, or the operator's.
  version_number champion; ///< At the start; what gates compare with.
  sequence data_from;      ///< History that is new: (data_from, data_to].
  sequence data_to;
  time_point at;
  admission_rule admits{}; ///< What its data sets may use.
  /// What operators called it at the start (workflows/labels.hpp).
  std::map<std::string, std::string> labels{};

  friend bool
  operator==(const iteration_started&, const iteration_started&) = default;
};
struct attempt_started {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;
  time_point deadline;

  friend bool
  operator==(const attempt_started&, const attempt_started&) = default;
};
struct attempt_failed {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;
  attempt_failure failure;
  time_point retry_at; ///< Epoch: no further try, the stage has failed.

  friend bool
  operator==(const attempt_failed&, const attempt_failed&) = default;
};
struct stage_succeeded {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;
  stage_result output;

  friend bool
  operator==(const stage_succeeded&, const stage_succeeded&) = default;
};
struct gate_refused {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;
  stage_result output;

  friend bool operator==(const gate_refused&, const gate_refused&) = default;
};
struct cancel_requested {
  std::string who;
  std::string reason;
  time_point at;

  friend bool
  operator==(const cancel_requested&, const cancel_requested&) = default;
};
/// The attempt is known to be gone, or the stage had none.
struct stage_canceled {
  std::string stage;
  time_point at;

  friend bool
  operator==(const stage_canceled&, const stage_canceled&) = default;
};
/// An operator set a stage, and all that come after it, back to pending; a
/// finished iteration runs again from there.
struct stage_reset {
  std::string stage;
  std::string who;
  std::string reason;
  time_point at;

  friend bool operator==(const stage_reset&, const stage_reset&) = default;
};
struct iteration_ended {
  iteration_outcome outcome = iteration_outcome::completed;
  std::string reason;
  time_point at;

  friend bool
  operator==(const iteration_ended&, const iteration_ended&) = default;
};

/// The stage does not run: its condition was false, or an operator said so.
struct stage_skipped {
  std::string stage;
  std::string who; ///< `condition_skips`, or the operator.
  std::string reason;
  time_point at;

  friend bool operator==(const stage_skipped&, const stage_skipped&) = default;
};

/// The graph is at rest and cleanup stages follow; the end that comes after
/// them is fixed here.
struct cleanup_started {
  iteration_outcome outcome = iteration_outcome::completed;
  std::string reason;
  time_point at;

  friend bool
  operator==(const cleanup_started&, const cleanup_started&) = default;
};

/// The attempt has waited for a slot for a while, and waits on. Not recorded of
/// a short wait: the attempt then began when it started.
struct attempt_queued {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;
  time_point start_by; ///< It fails without a slot by then; epoch: never.

  friend bool
  operator==(const attempt_queued&, const attempt_queued&) = default;
};

/// A queued attempt has its slot and runs from now on.
struct attempt_dispatched {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;
  time_point deadline;

  friend bool
  operator==(const attempt_dispatched&, const attempt_dispatched&) = default;
};

/// Stored by index: append only, never reorder.
using iteration_event = std::variant<
  iteration_started, attempt_started, attempt_failed, stage_succeeded,
  gate_refused, cancel_requested, stage_canceled, stage_reset, iteration_ended,
  stage_skipped, cleanup_started, attempt_queued, attempt_dispatched,
  items_awaited, items_fixed, wait_started, stage_approved, stage_rejected,
  signal_received, signal_taken, wait_timed_out, stage_slept, step_recorded,
  attempt_suspended, attempt_resumed, iteration_labeled, iteration_paused,
  attempt_withdrawn, iteration_resumed, experiment_awaited, experiment_decided>;

/// Commands. Imperative, may be refused.

struct begin_iteration {};
struct finish_attempt {
  std::string stage;
  std::uint32_t attempt = 1;
  stage_result output;
  bool refused = false; ///< A gate's no.
};
struct fail_attempt {
  std::string stage;
  std::uint32_t attempt = 1;
  attempt_failure failure;
};
struct start_retry { ///< The back-off of `stage` has passed.
  std::string stage;
};
struct cancel_iteration {
  std::string who;
  std::string reason;
};
struct confirm_canceled { ///< The attempt is gone after a cancel or pause.
  std::string stage;
  std::uint32_t attempt = 1;
};
struct retry_stage { ///< By an operator; empty: the stages that failed.
  std::string stage;
  std::string who;
  std::string reason;
};

struct skip_stage { ///< By an operator.
  std::string stage;
  std::string who;
  std::string reason;
};

struct queue_attempt { ///< It waits for a slot.
  std::string stage;
  std::uint32_t attempt = 1;
};
struct dispatch_attempt { ///< It has a slot.
  std::string stage;
  std::uint32_t attempt = 1;
};

using iteration_command = std::variant<
  begin_iteration, finish_attempt, fail_attempt, start_retry, cancel_iteration,
  confirm_canceled, retry_stage, skip_stage, queue_attempt, dispatch_attempt,
  fix_items, fail_items, approve_stage, reject_stage, send_signal,
  pass_deadline, record_step, suspend_attempt, label_iteration, pause_iteration,
  resume_iteration, decide_experiment, fail_experiment>;

/// The state of an iteration: the fold of its events.
struct iteration {
  iteration_started start;
  iteration_outcome outcome = iteration_outcome::running;
  bool cancel_requested = false;
  /// During cleanup: what the outcome will be; running: the graph is not at
  /// rest yet.
  iteration_outcome ending = iteration_outcome::running;
  std::string end_reason;
  time_point ended;
  std::map<std::string, stage_state> stages; ///< With those of cleanup.
  std::uint32_t event_count = 0;             ///< Index of the next event.
  duration ran{0}; ///< Attempts that are over, all together.
  /// By stage, once its items were fixed.
  std::map<std::string, fan_out, std::less<>> fan_outs;
  std::vector<kept_signal> signals;  ///< As they were received.
  std::optional<pause_state> paused; ///< Only while it is running.
  std::map<std::string, std::string> labels;

  friend bool operator==(const iteration&, const iteration&) = default;

  /// The version its stages registered; 0: none yet. With several, the last.
  [[nodiscard]] version_number version() const;
  /// Since when each of its attempts runs that is under way, those of units
  /// too. With `ran` this is what the iteration has cost so far.
  [[nodiscard]] std::vector<time_point> running_since() const;
  /// The state of a stage, or of a unit; null if there is none.
  [[nodiscard]] const stage_state* find(const std::string& unit) const;
};

/// Decides what happens to `it` when `command` arrives at `now`.
///
/// iteration
///   running --begin--------------------> first stages' attempts start
///   running --last stage succeeded-----> promoted | completed
///   running --a gate refused-----------> rejected   (nothing else running)
///   running --a stage failed for good--> failed     (nothing else running)
///   running --cancel-------------------> canceled   (after the last attempt
///                                         is gone)
///   any end but promoted --retry_stage-> running
///   failed, rejected --skip_stage------> running
///   With cleanup stages for the end that is due, the end waits for them:
///   running --the end is due-----------> cleaning up (still `running`)
///   cleaning up --last cleanup done----> the end that was due
///   running --pause--------------------> paused     (still `running`)
///   paused --resume--------------------> running
///   paused --cancel--------------------> canceled, as above; not paused
///   paused, nothing left to start------> its end; not paused
///
/// stage
///   pending     --all before done-------> running | skipped, if its condition
///                                         is false
///   running     --finish----------------> succeeded | refused
///   running     --fail, may retry-------> backing_off
///   running     --fail, may not---------> failed
///   running     --confirm_canceled------> canceled   (after a cancel)
///   running     --queue_attempt---------> queued
///   queued      --dispatch_attempt------> running
///   queued      --fail------------------> backing_off | failed
///   running     --confirm_canceled------> pending    (after a pause at once)
///   running     --queue_attempt---------> pending    (while paused)
///   queued      --pause-----------------> pending
///   backing_off --start_retry at `due`--> running
///   pending, backing_off, queued, waiting --cancel-----> canceled
///   pending, backing_off, queued, waiting --skip_stage-> skipped
///   failed, refused --skip_stage, after the end--> skipped
///
/// stage that runs for each item (workflows/fan_out.hpp)
///   pending    --all before done, items known--> fanned_out
///   pending    --all before done---------------> listing
///   listing    --fix_items---------------------> fanned_out
///   listing    --fail_items--------------------> failed
///   fanned_out --last unit final---------------> succeeded | failed, by policy
///   fanned_out --the iteration stops-----------> canceled, with units left
///   listing --cancel, skip_stage---------------> canceled, skipped
/// Its units go the way of stages, `parallel` of them at once, the lowest index
/// first. One that backs off or waits for a slot keeps its place. Once too many
/// have failed, no further unit starts: those that run are let finish, those
/// that wait are canceled, and then the stage fails. No items: it succeeds.
///
/// stage that only waits (workflows/waits.hpp)
///   pending --all before done-----------> waiting | skipped
///   waiting --approve_stage-------------> succeeded  (approval)
///   waiting --reject_stage--------------> refused    (approval)
///   waiting --send_signal---------------> succeeded  (wait for a signal; also
///                                         at once, if one was there)
///   waiting --pass_deadline, now >= due-> succeeded  (sleep)
///   waiting --pass_deadline, now >= due-> as declared (the others)
///
/// experiment (workflows/experiments.hpp)
///   pending --all before done-----------> waiting | skipped
///   waiting --decide_experiment---------> succeeded | refused, by its verdict
///   waiting --fail_experiment-----------> failed
/// It waits for the loop, which has its own deadline for it; until then the
/// iteration stays in memory. A retry is another experiment.
///
/// attempt that waits in its middle (workflows/steps.hpp)
///   running --suspend_attempt-----------> waiting | canceled, after a cancel
///                                         or a failure elsewhere
///   waiting --pass_deadline, now >= due-> running
///   waiting --send_signal---------------> running
///   running --record_step---------------> running
///
/// At its deadline a wait is over: an answer that comes then, or later, is too
/// late, also if the deadline has not been looked at yet.
///
/// Done is a stage that succeeded, and one that was skipped once all before it
/// are done (Argo's rule: what comes after a skipped stage runs). So the order
/// holds also behind a stage that an operator skipped early.
///
/// When a stage fails or refuses, no further attempt starts: running ones are
/// let finish and are not retried, stages that back off or wait are canceled,
/// pending ones stay pending. Of the reasons to end, cancel outranks
/// failure, and failure a refusal. What finishes after a cancel is kept; the
/// iteration still ends canceled. A lost attempt is retried almost at once, and
/// not counted, `max_lost_attempts` times.
///
/// begin_iteration starts whatever is ready: harmless to repeat. retry_stage
/// sets back the named stage and every stage that failed, refused, was
/// canceled or was compensated, each with all that come after it; empty: only
/// the latter. skip_stage of an ended iteration does the same, except that the
/// named stage is skipped. Both set back the cleanup stages too. Of a stage
/// that runs for each item a retry by name makes the list anew; else the units
/// that did not succeed are set back, and the others keep what they made.
///
/// Cleanup stages run one after the other, with retries and time-outs as any:
/// compensations of what succeeded, the last first, and those of on_failure,
/// after failed and canceled; those of always, after any outcome. One that
/// fails for good is named in the end's reason and changes nothing else. A
/// cancel during cleanup is not recorded: cleanup has its time-outs.
///
/// pause_iteration and resume_iteration: see workflows/steering.hpp. A turn of
/// a paused iteration may end it, if the end starts nothing.
///
/// Pure. An empty vector means "nothing to record": a result that was already
/// taken, a cancel of an ended iteration, a skip of what is skipped, an answer
/// that was given already, a signal whose id is known.
/// Errors: `conflict` for a result of an attempt that was superseded, never
///   started, waits for a slot, or ended otherwise; for an early retry; for a
///   confirm without a cancel or pause; for pause_iteration of one that has
///   ended; for retry_stage of a running iteration, of a cleanup stage, or of
///   one whose promotion it would repeat; for skip_stage of a stage in any
///   other state; for an answer to what does not wait for
///   one, or whose deadline has passed; for a signal to what has ended or ends,
///   or with the id of another; for a step of an attempt that does not run, or
///   that has another value already. `not_found` for a stage that is not in the
///   plan, and for a signal that none of its stages can take.
///   `resource_limit` for signals and steps beyond their bounds. On error
///   nothing changes.
/// Cost: one pass over the stages, and over the units of one stage that are
///   under way; the state is copied for retry_stage, skip_stage, signals
///   and during cleanup only.
[[nodiscard]] result<std::vector<iteration_event>> decide(
  const loop_definition& plan, const iteration& it,
  const iteration_command& command, time_point now);

/// Applies a recorded event. Never fails: what is recorded was accepted.
/// `plan` gives the stages of a new iteration and the order for a reset.
void apply(
  const loop_definition& plan, iteration& it, const iteration_event& event);

/// Effects: what the leader does after an event is durable. Doing one twice
/// is harmless: attempts are named, timers are armed again.

struct run_attempt {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point deadline;
};
struct stop_attempt {
  std::string stage;
  std::uint32_t attempt = 1;
};
/// A queued attempt may run: its slot is recorded.
struct launch_attempt {
  std::string stage;
  std::uint32_t attempt = 1;
};
struct wake_for_retry {
  std::string stage;
  time_point at;
};
struct wake_for_deadline { ///< Of a wait.
  std::string stage;
  time_point at;
};
struct report_end {
  iteration_outcome outcome = iteration_outcome::completed;
};
/// What the attempt made is in the store, and recorded: the copy in its own
/// directory may go. Not before: until then a restart collects it again.
struct discard_outputs {
  std::string stage;
  std::uint32_t attempt = 1;
};
/// Look up the items of a stage; answer by `fix_items` or `fail_items`.
struct list_items {
  std::string stage;
  std::uint32_t attempt = 1;
};
using iteration_effect = std::variant<
  run_attempt, stop_attempt, wake_for_retry, report_end, discard_outputs,
  launch_attempt, list_items, wake_for_deadline, ask_experiment,
  leave_experiment>;

/// What `event` asks for; `it` is the state after it.
[[nodiscard]] std::vector<iteration_effect>
effects(const iteration& it, const iteration_event& event);

/// What a restart must do again for the state it found: resume running
/// attempts (they are looked up before anything is started), stop them if a
/// cancel was requested, let queued ones wait on, arm retries and deadlines,
/// report an end.
[[nodiscard]] std::vector<iteration_effect> recover(const iteration& it);

/// `gate "no regression" was skipped by ada: flaky scores`
[[nodiscard]] std::string skip_sentence(
  const stage_definition& stage, const std::string& who,
  const std::string& reason);

/// What `ratchet iterations` lists: kept beside the journal so that listing
/// does not replay it.
struct iteration_summary {
  iteration_started start;
  iteration_outcome outcome = iteration_outcome::running;
  time_point ended;
  version_number version;
  std::string verdict; ///< The last gate's sentence, or the end's reason.
  duration ran{0};     ///< Attempts that are over, all together.
  bool paused = false;
  std::map<std::string, std::string> labels;

  friend bool
  operator==(const iteration_summary&, const iteration_summary&) = default;
};

[[nodiscard]] iteration_summary summarize(const iteration& it);

} // namespace ratchet::workflows
