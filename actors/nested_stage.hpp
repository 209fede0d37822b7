#pragma once

#include "actors/stage.hpp"

#include <caf/stateful_actor.hpp>

#include <optional>
#include <string>

namespace ratchet::actors {

struct nested_stage_state {
  static inline const char* name = "nested stage";

  iteration_peers peers;
  iteration_actor iteration;
  attempt_order order;
  iteration_number child{}; ///< 0: not started, or not known yet.
  bool asking = false;      ///< An answer is bound to come, or a down message.
  bool stopping = false;    ///< By cancel or deadline.
  bool timed_out = false;
  std::string obstacle{}; ///< Why the child could not be started yet.
};

/// One attempt of a stage that runs an iteration of another loop: has it
/// started, waits for its end, and tells the iteration.
///
///   begin -> find the loop -> start_child -> await_child -> tell
///                                 |
///             stop, deadline -> cancel the child -> await_child
///
/// The child is started for the attempt's id, so a stage that is resumed after
/// a crash finds it again, and no attempt has two. Whatever the other loop
/// answers with an error (it is paused, full, or being taken up), is asked
/// again until the deadline. Holds no slot and no thread.
///
/// A child that ended well counts even if the stage was to stop by then.
stage_actor::behavior_type nested_stage(
  stage_actor::stateful_pointer<nested_stage_state> self, iteration_peers peers,
  iteration_actor iteration, attempt_order order);

} // namespace ratchet::actors
