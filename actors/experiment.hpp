#pragma once

#include "actors/hosted.hpp"
#include "actors/interfaces.hpp"
#include "storage/experiment_store.hpp"

#include <caf/stateful_actor.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace ratchet::actors {

/// What an experiment's follower works with.
struct experiment_peers {
  const services* node = nullptr;
  std::shared_ptr<const hosted_loop> loop;
  journal_actor journal;
  worker_actor readers;
  timers_actor timers;
  supervisor_actor supervisor;
};

struct experiment_follower_state {
  static inline const char* name = "experiment";

  experiment_peers peers;
  experiment_number number;
  /// As it is on disk, but for cursors that passed nothing; none: not read yet.
  std::optional<storage::experiment_state> known;
  sequence stored;    ///< The trailing cursor, as it is on disk.
  bool busy = false;  ///< Resting, reading, or committing.
  bool again = false; ///< There is more to look at after that.
  bool over = false;  ///< The verdict is final.
  time_point alarm;   ///< The earliest that is set; epoch: none.
};

/// Follows the history behind one experiment that runs: counts who was served
/// by which arm and, once the time for feedback is over, what came of it; moves
/// the shares; and tells the supervisor when the verdict is final.
///
/// Each step is made on a reader's thread (detail/experiment_step.hpp) and
/// committed whole; the supervisor hears only of what is durable. A crash in
/// between repeats the step. The decision itself is the supervisor's to record.
///
/// Watched by the supervisor, which starts it again from the store, and ends it
/// when the experiment has ended.
experiment_actor::behavior_type experiment(
  experiment_actor::stateful_pointer<experiment_follower_state> self,
  experiment_peers peers, experiment_number number);

} // namespace ratchet::actors
