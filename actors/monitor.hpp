#pragma once

#include "actors/hosted.hpp"
#include "actors/interfaces.hpp"
#include "storage/monitor_store.hpp"

#include <caf/stateful_actor.hpp>

#include <memory>

namespace ratchet::actors {

struct monitor_actor_state {
  static inline const char* name = "monitor";

  const services* node = nullptr;
  std::shared_ptr<const hosted_loop> loop;
  journal_actor journal;
  worker_actor readers;
  supervisor_actor supervisor;
  /// As they are on disk, and over time. While a piece is committed they are
  /// ahead of the disk by it; nothing reads them then, for messages are held
  /// back until it is known.
  storage::monitor_state totals;
  analysis::metric_history history;
  sequence end;           ///< As the last hint said.
  bool following = false; ///< Resting, reading, or committing.
};

/// Follows a loop's history: joins feedback with interactions, counts, keeps
/// the metrics, watches them for drops, and tells the supervisor.
///
/// Each step reads a bounded piece of history on a reader's thread, then
/// commits the new cursor together with all that follows from the piece. A
/// crash in between repeats the piece from the old cursor, so nothing is
/// counted twice or left out. The supervisor hears only of durable totals: of
/// an alarm, too, and again after each restart, until it has recorded it.
///
/// If a commit fails it is unknown what reached the disk: the actor fails, and
/// the root starts the loop again from there.
monitor_actor::behavior_type monitor(
  monitor_actor::stateful_pointer<monitor_actor_state> self,
  const services* node, std::shared_ptr<const hosted_loop> loop,
  storage::monitor_state totals, analysis::metric_history history,
  journal_actor journal, worker_actor readers, supervisor_actor supervisor);

} // namespace ratchet::actors
