#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "workflows/definition.hpp"
#include "workflows/steps.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::workflows {

/// A file or directory that a stage made, named by what is in it.
struct artifact_ref {
  std::string name;   ///< Relative to the output directory: "model.joblib".
  std::string digest; ///< SHA-256 as hex.
  std::uint64_t bytes = 0;

  friend bool operator==(const artifact_ref&, const artifact_ref&) = default;
};

/// What a stage left behind. Journaled, so small.
struct stage_result {
  std::map<std::string, std::string> values;
  std::vector<artifact_ref> artifacts;
  version_number version; ///< The version it registered; 0: none.
  std::string sentence;   ///< What a gate or promotion found, with numbers.

  friend bool operator==(const stage_result&, const stage_result&) = default;
};

/// On disk: never renumber.
enum class stage_status : std::uint8_t {
  pending = 1,     ///< Waits for the stages before it.
  running = 2,     ///< Attempt `attempt` is under way.
  backing_off = 3, ///< Attempt `attempt` failed; the next is due at `due`.
  succeeded = 4,
  failed = 5,
  refused = 6, ///< A gate said no.
  canceled = 7,
  skipped = 8, ///< By its condition or an operator; done for those after it.
  waiting = 9, ///< For the world, until `due`.
  queued = 10, ///< Attempt `attempt` waits for a slot.
  // Of a stage that runs for each item (workflows/fan_out.hpp):
  listing = 11,    ///< Its items are being looked up.
  fanned_out = 12, ///< Its items are on their way.
};

[[nodiscard]] std::string_view to_string(stage_status status);

/// One step of an iteration and its tries.
struct stage_state {
  stage_status status = stage_status::pending;
  std::uint32_t attempt = 0;  ///< The last one started; 0: none yet.
  std::uint32_t failures = 0; ///< Attempts that count against max_attempts.
  /// Of the current or last attempt: queued: since when it waits for a slot;
  /// after that, when it got it. Of a wait: when it began.
  time_point started;
  /// running, waiting: deadline; backing_off: next try; queued: when it must
  /// have got its slot, or epoch.
  time_point due;
  time_point ended;
  stage_result output;
  errc failure_code = errc::io_error; ///< Of the last failed attempt.
  std::string failure;                ///< Its message; empty: none failed.
  std::string failure_name;           ///< `attempt_failure::name`.
  std::uint32_t lost = 0; ///< Attempts that the engine lost; bounded too.
  /// Of the event of its success: the order of successes, which the clock need
  /// not tell.
  std::uint32_t success_index = 0;
  bool cleanup = false; ///< It runs after the graph, not in it.
  /// skipped: `condition_skips`, `timeout_decides`, or the operator.
  std::string skipped_by;
  std::string skip_reason;                ///< skipped: one sentence.
  std::map<std::string, step_memo> steps; ///< By name.
  /// waiting: the step that the attempt is suspended in; empty: the stage only
  /// waits, and has no attempts.
  std::string suspended_in;
  bool withdrawing = false; ///< running: a pause is stopping the attempt.
  /// waiting: for the verdict of experiment `attempt`. Also of one that ended.
  bool in_experiment = false;

  friend bool operator==(const stage_state&, const stage_state&) = default;
};

/// Who skipped a stage whose condition was false.
inline constexpr std::string_view condition_skips = "condition";

[[nodiscard]] constexpr bool is_final(stage_status status) {
  return status == stage_status::succeeded || status == stage_status::failed ||
    status == stage_status::refused || status == stage_status::canceled ||
    status == stage_status::skipped;
}

/// How an attempt failed.
struct attempt_failure {
  errc code = errc::io_error;
  std::string message;
  int exit_code = 0; ///< Of a command that exited by itself; else 0.
  /// The engine, not the stage, is to blame: a crash took it along. Does not
  /// count against `max_attempts`.
  bool lost = false;
  /// What the stage calls it ("bad_data"), or the engine: one of the names
  /// below. Empty: it has none.
  std::string name{};
  /// The stage's wish: no next try before this has passed; 0: none.
  duration retry_after{0};

  friend bool
  operator==(const attempt_failure&, const attempt_failure&) = default;
};

/// More than this a failure cannot ask for.
inline constexpr duration longest_retry_after = std::chrono::hours{24 * 7};

/// Failures of the engine's own finding.
inline constexpr std::string_view start_timeout = "start_timeout";
inline constexpr std::string_view close_timeout = "timeout";
inline constexpr std::string_view heartbeat_timeout = "heartbeat_timeout";

/// Why `name` cannot name a failure; empty: it can. Names are 1 to 63 letters,
/// digits, '_', '-' and '.'.
[[nodiscard]] std::string check_failure_name(std::string_view name);

/// A stage that the engine lost this often is given up: something about it
/// takes its host down.
inline constexpr std::uint32_t max_lost_attempts = 100;

/// True if the policy allows another try after `failures` failed ones, this
/// one included. Not after `invalid_argument`, a declared exit code or a
/// declared name; lost attempts are not the policy's matter.
[[nodiscard]] bool may_retry(
  const retry_policy& policy, const attempt_failure& failure,
  std::uint32_t failures);

/// How long to wait before the try after failure number `failures` (from 1).
///
/// initial * multiplier^(failures-1), at most `cap`, then moved by up to
/// +-jitter; the draw is a hash of `attempt_id`, so a replay waits as long.
[[nodiscard]] duration retry_delay(
  const retry_policy& policy, std::uint32_t failures,
  const std::string& attempt_id);

/// How long to wait after the `lost`-th lost attempt (from 1): 100 ms more
/// each time, at most 5 s. The stage is not to blame, so hardly at all; but an
/// attempt that is lost as soon as it starts must not spin.
[[nodiscard]] duration lost_delay(std::uint32_t lost);

} // namespace ratchet::workflows
