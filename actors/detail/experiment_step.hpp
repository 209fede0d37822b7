#pragma once

#include "actors/hosted.hpp"
#include "storage/experiment_store.hpp"
#include "storage/write_batch.hpp"

#include <memory>
#include <optional>

namespace ratchet::actors::detail {

/// One step of an experiment behind its history, made on a reader's thread and
/// true once its batch is durable.
struct experiment_piece {
  storage::experiment_state state; ///< After it.
  storage::write_batch batch;      ///< Units seen, and the state itself.
  bool counted = false;            ///< More changed than the cursors.
  bool moved = false;              ///< The shares did.
  bool more = false;               ///< It did not reach the end.
  time_point look_again;           ///< When time alone may change something.
  /// The verdict is final.
  std::shared_ptr<const storage::experiment_record> decision;
  std::optional<error> failure;
};

/// What the next bounded piece of history makes of `state`, by `now`.
///
/// The first cursor counts exposures as they come; the second trails it by the
/// horizon, finds what was said of each first exposure by then, and counts the
/// outcomes, in the order of the history. Then the experiment is judged, and
/// its shares are set anew.
///
/// Pure but for reading: the same state, history and moment give the same
/// piece, to the bit, so that a crash before its commit changes nothing.
/// Errors: in `failure`: those of the history and the store.
[[nodiscard]] experiment_piece step_experiment(
  const services& node, loop_number loop, storage::experiment_state state,
  time_point now);

} // namespace ratchet::actors::detail
