#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"
#include "workflows/probation.hpp"
#include "workflows/trigger.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The control state of one loop: what its supervisor decides on. Small, so
/// it is stored whole with each event; the events are the audit log.

namespace ratchet::workflows {

/// A version that a running iteration (or an operator) registered.
struct registration {
  version_number version;
  iteration_number iteration; ///< 0: by an operator.
  bool promoted = false;      ///< The iteration made it champion.

  friend bool operator==(const registration&, const registration&) = default;
};

/// A call of a webhook that said its idempotency key.
struct webhook_key {
  std::uint64_t hash = 0;        ///< Of name and key.
  std::uint32_t payload_crc = 0; ///< The same key, another payload: a conflict.
  std::uint64_t event = 0;       ///< Number of the loop's event.

  friend bool operator==(const webhook_key&, const webhook_key&) = default;
};

/// The trigger fired while as many iterations ran as may, and its policy is to
/// keep one such firing: the decision record of a start to come. It keeps the
/// inputs and the data that it fired with; what fires besides it waits until
/// it has started.
struct start_queued {
  std::string fingerprint;
  std::string reason; ///< The trigger's sentence.
  trigger_inputs inputs;
  sequence data_to; ///< Its data ends here, whatever comes until it starts.
  std::set<std::string> fired; ///< Conditions that it disarms.
  time_point at;
  friend bool operator==(const start_queued&, const start_queued&) = default;
};

/// A warning or an alarm of a drop that was raised.
struct alarm_mark {
  std::uint64_t event = 0; ///< Number of the loop's event: the alarm's own.
  std::string condition;   ///< As text.
  drop_level level = drop_level::alarm;
  std::uint64_t record = 0; ///< That its watch began with.
  /// The event that ended it: an acknowledgement, or a move of the champion.
  std::optional<std::uint64_t> closed{};

  friend bool operator==(const alarm_mark&, const alarm_mark&) = default;
};

/// The experiment whose arms are served.
struct running_experiment {
  experiment_number number;
  experiment_request request;
  version_number champion;
  time_point began;

  friend bool
  operator==(const running_experiment&, const running_experiment&) = default;
};

struct loop_state {
  bool paused = false;
  iteration_number last_iteration;
  std::set<iteration_number> running;
  version_number last_version;
  version_number champion;      ///< 0: none yet.
  version_number previous;      ///< The champion before; 0: none.
  iteration_number promoted_by; ///< That made `champion`; 0: an operator.
  trigger_state trigger;
  sequence data_to; ///< History up to here was given to an iteration.
  /// Versions of running iterations by the attempt that made them, and the
  /// last `kept_uploads` of operators by digest, so that a repeated
  /// registration finds its first. Bounded: closing an iteration forgets its.
  std::map<std::string, registration> registered;
  std::uint64_t event_count = 0;        ///< Index of the next event.
  std::optional<start_queued> queued{}; ///< Starts when there is room.
  /// How often the champion moved forward: by a promotion or by hand.
  std::uint64_t promotions = 0;
  /// The last `kept_webhook_keys` calls that had a key, the oldest first.
  std::vector<webhook_key> webhook_keys{};
  /// Of running iterations that were reopened: what was accounted for them.
  std::map<iteration_number, duration> accounted{};
  /// The last champions, the newest first, as far back as a rollback: what was
  /// before that counts for nothing. Ends with 0 for the time before the first.
  std::vector<version_number> champions{};
  /// Of running iterations that closed the feedback window: from where on.
  std::map<iteration_number, sequence> closed_from{};
  /// While the window was closed, as far as that is not behind `data_to`.
  std::vector<sequence_range> closed{};
  /// An operator put it away while nobody hosts it.
  bool archived = false;
  /// The alarms that are open, and the last `kept_alarms` that are not, in the
  /// order in which they were raised.
  std::vector<alarm_mark> alarms{};
  std::optional<running_experiment> experiment{};
  /// Its turn comes in this order.
  std::vector<experiment_request> experiments_waiting{};
  /// Of running iterations, the last of each.
  std::map<iteration_number, experiment_ended> experiments_ended{};
  experiment_number experiments_begun{};    ///< The last one; how many.
  std::uint64_t experiments_won = 0;        ///< Ended with a promotion.
  std::map<std::string, area_mark> areas{}; ///< By metric.
  /// Until when an alarm takes the champion back; epoch: it is not guarded.
  time_point probation_until{};

  friend bool operator==(const loop_state&, const loop_state&) = default;
};

inline constexpr std::size_t kept_uploads = 64;
/// So many calls are known again by their key.
inline constexpr std::size_t kept_webhook_keys = 256;
inline constexpr std::size_t kept_alarms = 32;
/// Who asked for an iteration, if the trigger did.
inline constexpr std::string_view by_trigger = "trigger";

/// Events.

/// The loop was hosted for the first time, or again after it was archived.
struct loop_adopted {
  time_point at;
  friend bool operator==(const loop_adopted&, const loop_adopted&) = default;
};
/// The decision record of a start: with `inputs` and the policy of
/// `fingerprint`, `evaluate` gives the same verdict again.
struct iteration_requested {
  iteration_number number;
  std::string fingerprint;
  std::string reason;
  std::string who; ///< `by_trigger`, or the operator.
  trigger_inputs inputs;
  sequence data_from;
  sequence data_to;
  version_number champion;
  time_point at;
  std::set<std::string> fired{}; ///< Conditions that it disarms.
  /// When it was queued, whose record has the verdict; epoch: it was not.
  time_point queued{};
  admission_rule admits{};
  /// synchronous: the feedback window is closed from behind here on.
  std::optional<sequence> window{};
  /// Of the one who asked, if that was a stage of another loop: the id of its
  /// attempt, under which the iteration is found again.
  std::string request{};
  std::map<std::string, std::string> labels{}; ///< By an operator.
  friend bool
  operator==(const iteration_requested&, const iteration_requested&) = default;
};
struct iteration_closed {
  iteration_number number;
  iteration_outcome outcome = iteration_outcome::completed;
  time_point at;
  duration ran{0}; ///< Its attempts, all together.
  /// The window of the budget that it counts for; 0: there is none.
  duration window{0};
  /// The history's end: if its start closed the feedback window, that opens
  /// again behind here.
  sequence history_end{};
  /// Feedback that had joined by then, where counting for the next start
  /// begins anew with the window; absent: it goes on.
  std::optional<std::map<std::string, std::uint64_t>> recount{};
  friend bool
  operator==(const iteration_closed&, const iteration_closed&) = default;
};
struct iteration_reopened { ///< An operator retries a stage of it.
  iteration_number number;
  std::string who;
  std::string reason;
  time_point at;
  duration ran{0}; ///< What was accounted for it when it closed.
  std::optional<sequence> window{}; ///< As of a start.
  friend bool
  operator==(const iteration_reopened&, const iteration_reopened&) = default;
};
struct loop_paused {
  std::string who;
  std::string reason;
  time_point at;
  friend bool operator==(const loop_paused&, const loop_paused&) = default;
};
struct loop_resumed {
  std::string who;
  std::string reason;
  time_point at;
  friend bool operator==(const loop_resumed&, const loop_resumed&) = default;
};
struct version_registered {
  version_number version;
  std::string source; ///< Attempt id, or the digest an operator uploaded.
  iteration_number iteration; ///< 0: by an operator.
  artifact_ref artifact;
  time_point at;
  friend bool
  operator==(const version_registered&, const version_registered&) = default;
};
enum class move_kind : std::uint8_t { promotion = 1, manual = 2, rollback = 3 };
[[nodiscard]] std::string_view to_string(move_kind kind);
/// The decision record of a promotion or rollback; in one batch with the
/// alias itself.
struct champion_moved {
  move_kind kind = move_kind::manual;
  version_number from; ///< What had to be champion for the move to happen.
  version_number to;
  iteration_number iteration; ///< 0: by an operator.
  std::string who;
  std::string reason;
  time_point at;
  duration probation{0}; ///< promotion: guarded for so long; 0: it is not.
  std::optional<probation_alarm> alarm{}; ///< rollback: by an alarm.
  friend bool
  operator==(const champion_moved&, const champion_moved&) = default;
};

/// The trigger fired while as many iterations ran as may, and its policy is to
/// skip then: the decision record of a start that was not.
struct start_skipped {
  std::string fingerprint;
  std::string reason; ///< The trigger's sentence.
  trigger_inputs inputs;
  time_point at;
  std::set<std::string> fired{}; ///< Conditions that it disarms.
  friend bool operator==(const start_skipped&, const start_skipped&) = default;
};
/// What the trigger took note of while nothing started (`take_notes`).
struct trigger_noted {
  std::set<std::string> rearmed;
  std::map<std::string, std::uint64_t> primed;
  time_point at;
  friend bool operator==(const trigger_noted&, const trigger_noted&) = default;
};
/// A webhook was called. Durable before the caller hears so.
struct webhook_received {
  std::string name;
  std::string key; ///< The caller's idempotency key; may be empty.
  std::string payload;
  time_point at;
  friend bool
  operator==(const webhook_received&, const webhook_received&) = default;
};
/// The decision record of a warning or an alarm: with `reading`, which is what
/// the monitor had found, `drop_sentence` says the same again.
struct drop_raised {
  std::string condition; ///< As text.
  std::string metric;
  drop_rule rule;
  drop_reading reading;
  std::string sentence;
  sequence cursor; ///< Where the monitor stood.
  time_point at;
  friend bool operator==(const drop_raised&, const drop_raised&) = default;
};
/// By an operator, who has seen it: the watch begins anew.
struct alarm_acknowledged {
  std::uint64_t alarm = 0;
  std::string condition;
  std::string who;
  std::string reason;
  time_point at;
  friend bool
  operator==(const alarm_acknowledged&, const alarm_acknowledged&) = default;
};

struct loop_archived {
  std::string who;
  std::string reason;
  time_point at;
  friend bool operator==(const loop_archived&, const loop_archived&) = default;
};

/// Stored by index: append only, never reorder.
using loop_event = std::variant<
  loop_adopted, iteration_requested, iteration_closed, iteration_reopened,
  loop_paused, loop_resumed, version_registered, champion_moved, start_skipped,
  start_queued, trigger_noted, webhook_received, loop_archived, drop_raised,
  alarm_acknowledged, experiment_requested, experiment_begun, experiment_ended,
  areas_looked>;

/// Commands.

struct adopt_loop {};   ///< On every start of the engine.
struct consider_start { ///< New inputs, or time has passed.
  trigger_inputs inputs;
  sequence history_end{}; ///< What has been taken in at that moment.
};
/// By an operator, or a stage of another loop: past the condition, not the
/// rest.
struct start_iteration {
  std::string who;
  std::string reason;
  trigger_inputs inputs;
  sequence history_end{};
  std::string request{}; ///< Of a stage: see iteration_requested.
  std::map<std::string, std::string> labels{};
};
struct close_iteration {
  iteration_number number;
  iteration_outcome outcome = iteration_outcome::completed;
  duration ran{0}; ///< Its attempts, all together.
  std::map<std::string, std::uint64_t> joined{}; ///< As the monitor said last.
  sequence history_end{};
};
struct reopen_iteration {
  iteration_number number;
  std::string who;
  std::string reason;
  duration ran{0}; ///< Its attempts until now.
  sequence history_end{};
};
struct pause_loop {
  std::string who;
  std::string reason;
};
struct resume_loop {
  std::string who;
  std::string reason;
};
struct register_version {
  std::string source;
  iteration_number iteration;
  artifact_ref artifact;
};
struct promote_version { ///< By an iteration's promote stage.
  iteration_number iteration;
  version_number version;
  version_number expected; ///< The champion the gate compared with.
  std::string reason;
  duration probation{0}; ///< As the stage declares it.
};
struct set_champion { ///< By an operator, to any registered version.
  version_number version;
  std::string who;
  std::string reason;
};
struct roll_back { ///< By an operator: to the champion before.
  std::string who;
  std::string reason;
};
struct receive_webhook { ///< By whoever calls it.
  std::string name;
  std::string key;
  std::string payload;
};
struct acknowledge_alarm { ///< By an operator.
  std::uint64_t alarm = 0; ///< The number of its event.
  std::string who;
  std::string reason;
};

struct archive_loop { ///< By an operator; nobody may host it.
  std::string who;
  std::string reason;
};

using loop_command = std::variant<
  adopt_loop, consider_start, start_iteration, close_iteration,
  reopen_iteration, pause_loop, resume_loop, register_version, promote_version,
  set_champion, roll_back, receive_webhook, archive_loop, acknowledge_alarm,
  want_experiment, quit_experiment, end_experiment, note_areas>;

/// Decides what happens to the loop when `command` arrives at `now`.
///
///   consider_start   raises the alarms of drops that the monitor found, once
///                    for each watch and level, also while paused. One that
///                    fails the champion's probation takes it back
///                    (`find_rollback`), and that is all for now. Else it
///                    takes note of what changed (`take_notes`). A queued
///                    start is first: it starts if not paused, fewer than
///                    max_in_flight run, and no limit forbids it; until then
///                    nothing else fires. Then fires only if not paused, fewer
///                    than max_in_flight run, and the policy's verdict is
///                    `fire`; with as many running, `start_skipped` or
///                    `start_queued` where the policy says so.
///   adopt_loop       no event but for a new and an archived loop.
///   start_iteration  `conflict` if paused or max_in_flight run already;
///                    neither condition nor minimum nor cooldown is asked;
///                    `invalid_argument` for labels that cannot be.
///   close_iteration  of one that does not run: no event.
///   reopen_iteration `not_found` if it never was; no event if it runs;
///                    `conflict` at max_in_flight.
///   pause, resume    of a loop that is so already: no event.
///   register_version known `source`: no event (look it up in `registered`);
///                    `conflict` if its iteration no longer runs.
///   promote_version  already done by this iteration: no event; `not_found`
///                    for an unknown version; `conflict` if the iteration no
///                    longer runs, or the champion is no longer `expected`.
///                    With asynchronous timing `expected` may be one of the
///                    last max_staleness champions before it, as long as the
///                    version is newer than the champion.
///   set_champion     `not_found` for an unknown version; no event if it is
///                    the champion already.
///   roll_back        `conflict` if there is no champion before. Goes back one
///                    step: a second one is refused, not a way to return to
///                    the version just taken back.
///   receive_webhook  `not_found` if the trigger has none of that name. A key
///                    that is known: no event, or `conflict` if the payload is
///                    another. Also while paused: it counts after that.
///   archive_loop     of an archived loop: no event.
///   acknowledge_alarm `not_found` for one that never was, or is forgotten; no
///                    event if it is over already. Ends all of its condition.
///   want_experiment  begins it, or queues it behind the one that runs. Without
///                    a champion, or if the version is that, it ends at once:
///                    `nothing_to_compare`. No event if it is known;
///                    `conflict` if its iteration does not run;
///                    `invalid_argument` without a challenger.
///   quit_experiment  ends it as canceled; no event if it is unknown or over.
///   end_experiment   of one that does not run any more: no event.
///   note_areas       no event if it is of another champion or of a metric that
///                    is not looked at, or the last recorded one at this
///                    champion was of the same rows.
///
/// Whatever moves the champion, or closes the iteration, ends the experiment
/// that runs as canceled, in the same decision. When one has ended the next in
/// the queue begins, against the champion that there is then.
///
/// Pure. On error nothing changes.
[[nodiscard]] result<std::vector<loop_event>> decide(
  const loop_definition& definition, const loop_state& state,
  const loop_command& command, time_point now);

/// Applies a recorded event. Never fails.
void apply(loop_state& state, const loop_event& event);

/// The champion, then those it followed at most `moves` moves ago, each once;
/// 0 stands for the time before the first.
[[nodiscard]] std::vector<version_number>
recent_champions(const loop_state& state, std::uint32_t moves);

/// What an iteration that starts now may use, of the history up to `data_to`.
///
/// open: any version. synchronous: the champion's. asynchronous: the
/// champion's, and those of the last `max_staleness` champions before it; each
/// move counts, also by hand, and a rollback forgets what was before it. In
/// every mode not what came while the window was closed: from the start of a
/// synchronous loop's iteration to its end, by the places of the history.
[[nodiscard]] admission_rule admission_at_start(
  const loop_definition& definition, const loop_state& state, sequence data_to);

/// The monitor's inputs, and those of other loops, with what the loop itself
/// knows.
[[nodiscard]] trigger_inputs
complete_inputs(const loop_state& state, trigger_inputs inputs);

/// When time alone may make the loop start something; epoch: never.
[[nodiscard]] time_point next_look(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, time_point now);

/// The warnings and alarms that `inputs` give cause for and that were not
/// raised yet. Of a watch that is beyond its warning, only the alarm.
[[nodiscard]] std::vector<drop_raised> find_alarms(
  const loop_definition& definition, const loop_state& state,
  const trigger_inputs& inputs, time_point now);

/// How many of that level are open.
[[nodiscard]] std::size_t
open_alarms(const loop_state& state, drop_level level);

/// The call that had this key, if it is remembered.
[[nodiscard]] const webhook_key* find_webhook_key(
  const loop_state& state, const std::string& name, const std::string& key);

/// The first event of the iteration that `request` starts.
[[nodiscard]] iteration_started
first_event(const std::string& loop, const iteration_requested& request);

} // namespace ratchet::workflows
