#pragma once

#include "actors/detail/thread_pool.hpp"
#include "actors/detail/unit_results.hpp"
#include "actors/hosted.hpp"
#include "actors/interfaces.hpp"

#include <caf/stateful_actor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace ratchet::actors {

/// What an iteration works with. All handles are of this node; `supervisor`
/// is whoever leads the loop.
struct iteration_peers {
  const services* node = nullptr;
  std::shared_ptr<const hosted_loop> loop;
  std::shared_ptr<const hosted_plan> plan; ///< What it began with.
  journal_actor journal;
  timers_actor timers;
  slots_actor slots;
  /// Where stages that are functions run once they have a slot: a thread for
  /// each slot.
  std::shared_ptr<detail::thread_pool> stage_threads;
  worker_actor readers; ///< Runs short work on files.
  supervisor_actor supervisor;
  directory_actor directory; ///< Of the node's loops.
};

struct iteration_state {
  static inline const char* name = "iteration";

  struct running_attempt {
    std::uint32_t attempt = 0;
    stage_actor actor;
  };

  iteration_peers peers;
  workflows::iteration machine;
  std::map<std::string, running_attempt> attempts; ///< By unit.
  std::map<std::uint64_t, std::string> alarms;     ///< Token to unit.
  std::uint64_t last_token = 0;
  /// Of stages that ran for each of their items; made when first asked for.
  std::map<std::string, std::shared_ptr<const unit_results>> results;
  bool end_reported = false; ///< The supervisor knows, or is about to.
};

/// A shell over workflows/iteration.hpp: decides, records, applies, then
/// starts and stops stages as the effects say. Ends itself when the iteration
/// has ended and its supervisor knows, and when it sleeps and its supervisor
/// agrees (detail/supervisor_sleep.hpp).
///
/// Watched by the supervisor, which starts it again from the journal. Watches
/// its stages: one that goes down without a word is a lost attempt. Ends with
/// `parent`, and takes its stages along.
///
/// `machine` is the state as the journal has it; with events behind it other
/// than its start, the actor first takes up what was under way.
iteration_actor::behavior_type iteration(
  iteration_actor::stateful_pointer<iteration_state> self,
  const caf::actor_addr& parent, iteration_peers peers,
  workflows::iteration machine);

} // namespace ratchet::actors
