#pragma once

#include "actors/interfaces.hpp"
#include "actors/supervisor.hpp"
#include "storage/monitor_store.hpp"

#include <caf/stateful_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ratchet::actors {

/// A loop as the store has it: what its actors are started with.
struct loop_start {
  std::shared_ptr<const hosted_loop> loop;
  workflows::loop_state machine;
  std::vector<iteration_loaded> running;
  std::map<iteration_number, time_point> asleep; ///< Running, and not read.
  /// Of those that sleep: what their attempts ran, where that counts.
  std::map<iteration_number, duration> ran;
  storage::monitor_state totals;
  analysis::metric_history history;
  workflows::audit_stamp audited; ///< The last entry of its audit log.
  std::optional<error> failure;

  /// What the monitor has counted, before it says so itself.
  [[nodiscard]] workflows::trigger_inputs inputs() const {
    return {totals.cursor, totals.joined};
  }
};

/// Reads a loop's control state, and the iterations that are awake. Blocks on
/// the disk.
[[nodiscard]] loop_start
load_loop(const services& node, std::shared_ptr<const hosted_loop> loop);

/// Read it back and start it. Internal to the root.
struct reload_loop {
  std::shared_ptr<const hosted_loop> loop;
};

/// A request from outside the actors, with its way back.
struct front_request {
  operator_request request;
  std::function<void(result<operator_answer>)> done;
  bool orphan = false; ///< The loop is not hosted.
};

/// The actors that all loops share.
struct shared_actors {
  journal_actor journal;
  channels_actor channels;
  timers_actor timers;
  slots_actor slots;
  std::shared_ptr<detail::thread_pool> stage_threads;
  worker_actor readers;
};

} // namespace ratchet::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::loop_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::front_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::reload_loop)

namespace ratchet::actors {

using root_actor = caf::typed_actor<
  // From the node: carry it to the loop's supervisor.
  caf::reacts_to<front_request>,
  // Start a loop's actors, at the beginning and after a fall; true when they
  // are there.
  caf::replies_to<loop_start>::with<bool>,
  // From a supervisor: pass it on to those that wait for it.
  caf::reacts_to<loop_promoted>,
  // From stages that run an iteration of another loop.
  caf::replies_to<find_loop>::with<supervisor_actor>,
  // Internal: after a fall of a loop's actor, or of the retention.
  caf::reacts_to<reload_loop>, caf::reacts_to<begin_atom>>;

struct root_state {
  static inline const char* name = "root";

  struct running_loop {
    std::shared_ptr<const hosted_loop> loop;
    supervisor_actor supervisor;
    monitor_actor monitor;
  };
  const services* node = nullptr;
  shared_actors shared;
  std::map<std::string, running_loop> loops;
  /// By loop, as its supervisor said last; for those that start later.
  std::map<std::string, std::uint64_t> promotions;
  /// With a bound to their history.
  std::vector<std::shared_ptr<const hosted_loop>> bounded;
  retention_actor retention; ///< Null if there are none.
};

/// Starts every loop's supervisor and monitor, and watches them: when one goes
/// down, both are ended and started again from the store, unless the store
/// itself has stopped (then the node is not ready, and says why). The same for
/// the retention of the loops in `hosted` that have a bound.
///
/// Told to exit it takes no more requests, ends the loops, and goes when the
/// last of their actors is gone: after it none of them asks the journal, or
/// sees one go down.
root_actor::behavior_type root(
  root_actor::stateful_pointer<root_state> self, const services* node,
  shared_actors shared,
  const std::vector<std::shared_ptr<const hosted_loop>>& hosted);

} // namespace ratchet::actors
