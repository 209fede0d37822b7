#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"
#include "workflows/trigger.hpp"

#include <cstdint>
#include <map>
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
  std::uint64_t event_count = 0; ///< Index of the next event.

  friend bool operator==(const loop_state&, const loop_state&) = default;
};

inline constexpr std::size_t kept_uploads = 64;
/// Who asked for an iteration, if the trigger did.
inline constexpr std::string_view by_trigger = "trigger";

/// Events.

struct loop_adopted { ///< The loop was hosted for the first time.
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
  friend bool
  operator==(const iteration_requested&, const iteration_requested&) = default;
};
struct iteration_closed {
  iteration_number number;
  iteration_outcome outcome = iteration_outcome::completed;
  time_point at;
  friend bool
  operator==(const iteration_closed&, const iteration_closed&) = default;
};
struct iteration_reopened { ///< An operator retries a stage of it.
  iteration_number number;
  std::string who;
  std::string reason;
  time_point at;
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
  friend bool operator==(const start_skipped&, const start_skipped&) = default;
};

/// Stored by index: append only, never reorder.
using loop_event = std::variant<
  loop_adopted, iteration_requested, iteration_closed, iteration_reopened,
  loop_paused, loop_resumed, version_registered, champion_moved, start_skipped>;

/// Commands.

struct adopt_loop {};   ///< On every start of the engine.
struct consider_start { ///< New inputs, or time has passed.
  trigger_inputs inputs;
};
struct start_iteration { ///< By an operator: past the condition, not the rest.
  std::string who;
  std::string reason;
  trigger_inputs inputs;
};
struct close_iteration {
  iteration_number number;
  iteration_outcome outcome = iteration_outcome::completed;
};
struct reopen_iteration {
  iteration_number number;
  std::string who;
  std::string reason;
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

using loop_command = std::variant<
  adopt_loop, consider_start, start_iteration, close_iteration,
  reopen_iteration, pause_loop, resume_loop, register_version, promote_version,
  set_champion, roll_back>;

/// Decides what happens to the loop when `command` arrives at `now`.
///
///   consider_start   fires only if not paused, fewer than max_in_flight run,
///                    and the policy's verdict is `fire`; else no event, or
///                    `start_skipped` where the policy says so.
///   start_iteration  `conflict` if paused or max_in_flight run already;
///                    neither condition nor minimum nor cooldown is asked.
///   close_iteration  of one that does not run: no event.
///   reopen_iteration `not_found` if it never was; no event if it runs;
///                    `conflict` at max_in_flight.
///   pause, resume    of a loop that is so already: no event.
///   register_version known `source`: no event (look it up in `registered`);
///                    `conflict` if its iteration no longer runs.
///   promote_version  already done by this iteration: no event; `not_found`
///                    for an unknown version; `conflict` if the iteration no
///                    longer runs or the champion is no longer `expected`.
///   set_champion     `not_found` for an unknown version; no event if it is
///                    the champion already.
///   roll_back        `conflict` if there is no champion before. Goes back one
///                    step: a second one is refused, not a way to return to
///                    the version just taken back.
///
/// Pure. On error nothing changes.
[[nodiscard]] result<std::vector<loop_event>> decide(
  const loop_definition& definition, const loop_state& state,
  const loop_command& command, time_point now);

/// Applies a recorded event. Never fails.
void apply(loop_state& state, const loop_event& event);

/// The first event of the iteration that `request` starts.
[[nodiscard]] iteration_started
first_event(const std::string& loop, const iteration_requested& request);

} // namespace ratchet::workflows
