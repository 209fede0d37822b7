#pragma once

#include "base/result.hpp"
#include "workflows/iteration.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// A journal decided once more: offline, on what it recorded.

namespace ratchet::workflows {

/// One decision of an iteration: the command that it answered, and the events
/// [first, first + count) that it recorded.
struct replayed_decision {
  std::string command; ///< "finish_attempt 1 of train"
  time_point at;
  std::size_t first = 0;
  std::size_t count = 0;

  friend bool
  operator==(const replayed_decision&, const replayed_decision&) = default;
};

struct replayed_iteration {
  iteration state; ///< The fold of all events.
  /// In order; the first is the start, which its loop decided.
  std::vector<replayed_decision> decisions;
};

/// Folds the events of one iteration through `decide` and `apply`, and checks
/// that each decision follows from the state before it.
///
/// A journal holds no commands, but the first event of a decision names the
/// only ones that can have led to it: an `attempt_failed` is the answer to
/// `fail_attempt` with that failure. The replay gives that command to `decide`
/// at the recorded time, and what it decides must be what stands next.
///
/// Pure.
/// `plan` is the definition that the start names; of its stages' environments
/// only the names count.
/// Errors: `corruption` if the journal does not begin with the start of an
///   iteration; `failed_condition` if an event does not follow,
///   with its index and what was decided instead. The journal was changed, or
///   an engine that decides otherwise has written it.
/// Cost:   about that of running the iteration.
[[nodiscard]] result<replayed_iteration>
replay(const loop_definition& plan, const std::vector<iteration_event>& events);

} // namespace ratchet::workflows
