#pragma once

#include "actors/hosted.hpp"
#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace ratchet::actors {

/// Whom it works with, and on what.
struct retention_start {
  const services* node = nullptr;
  journal_actor journal;
  timers_actor timers;
  worker_actor readers;
  /// Those with a bound; the others keep everything.
  std::vector<std::shared_ptr<const hosted_loop>> loops;
};

struct retention_state {
  static inline const char* name = "retention";

  retention_start with;
  std::size_t asked = 0; ///< Drops the journal has not answered yet.
  /// Something was dropped since the last reclaim. What the process before
  /// this one did is not known: true at first.
  bool dropped = true;
  bool reclaiming = false;
  time_point last_reclaim;
  time_point last_rewrite; ///< Epoch: none by this process.
};

/// Keeps the histories of a node within the bounds of their loops.
///
///   look (on a reader) -> retain_history (journal) -> rest -> look ...
///                                   \-> reclaim (on a reader), rarely
///
/// What may go is decided by workflows/retention.hpp from what is on disk:
/// each look starts anew, so a lost or repeated one does no harm, and neither
/// does a restart. Durable with the journal's group. Giving the space back may
/// take minutes: it holds nobody up but its own thread, and the node's end cuts
/// it short (store::cancel_reclaim).
///
/// Watched by the node's root, which starts it again.
retention_actor::behavior_type retention(
  retention_actor::stateful_pointer<retention_state> self,
  retention_start start);

} // namespace ratchet::actors
