#pragma once

#include "actors/detail/absent_iterations.hpp"
#include "actors/detail/loop_record.hpp"
#include "actors/hosted.hpp"
#include "actors/interfaces.hpp"
#include "actors/iteration.hpp"

#include <caf/stateful_actor.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ratchet::actors {

/// What a supervisor is started with: its loop as the journal has it.
struct supervisor_start {
  iteration_peers peers; ///< `plan` and `supervisor` are filled in by it.
  workflows::loop_state machine;
  std::vector<iteration_loaded> running; ///< Without those that sleep.
  std::map<iteration_number, time_point> asleep;
  /// Of those that sleep, if the loop has a budget for it.
  std::map<iteration_number, duration> ran{};
  workflows::trigger_inputs inputs{}; ///< As the monitor left them.
  promotion_listener root{};          ///< Passes promotions on to other loops.
  workflows::audit_stamp audited;     ///< The last entry of its audit log.
};

struct supervisor_state {
  static inline const char* name = "supervisor";

  /// A command whose turn has not come, and who waits for it.
  struct waiting_command {
    workflows::loop_command command;
    detail::version_lineage lineage;
    std::function<void(const caf::error*, bool changed)> done;
    /// The operator's request it is for; nothing: the engine's own.
    std::optional<operator_request> asked;
  };

  iteration_peers peers;
  promotion_listener root;
  workflows::loop_state machine;
  std::vector<iteration_loaded> found; ///< Running when it was started.
  std::map<iteration_number, time_point> found_asleep;
  /// One command at a time: the next is decided on the state that the one
  /// before it left on disk.
  bool recording = false;
  std::deque<waiting_command> queue;
  workflows::trigger_inputs inputs; ///< As the monitor said last.
  std::map<std::string, std::uint64_t> promotions;  ///< Of loops it waits for.
  std::map<iteration_number, attempts_ran> compute; ///< Of those in flight.
  std::map<iteration_number, iteration_actor> iterations;
  /// Of the experiment that runs; null for a moment after a fall.
  experiment_actor experiment;
  /// That units are assigned by, as its follower said last.
  std::optional<experiment_shares> shares;
  areas_actor areas; ///< Null: no look is declared, or after a fall.
  /// How many requests an iteration has not answered yet; it stays for them.
  std::map<iteration_number, std::size_t> asked;
  /// Set with the state; see detail/supervisor_sleep.hpp.
  std::optional<detail::absent_iterations> absent;
  std::optional<time_point> sleepers_alarm; ///< When they look again.
  /// Requests that wait until their iteration is read back.
  std::multimap<
    iteration_number,
    std::pair<operator_request, caf::typed_response_promise<operator_answer>>>
    held;
  /// Starts for stages of other loops that are not durable yet, by request.
  std::map<std::string, std::vector<caf::typed_response_promise<child_started>>>
    starting;
  /// Who waits for the end of an iteration.
  std::multimap<iteration_number, caf::typed_response_promise<child_ended>>
    awaited;
  time_point look_again;          ///< When an alarm is set for; epoch: none.
  workflows::audit_stamp audited; ///< The last that was given out.
};

/// The control of one loop: a shell over workflows/loop_state.hpp. Everything
/// that changes what the loop does goes through here, in this order: decide,
/// record durably, apply, carry out effects, reply.
///
/// Watches its iterations: one that goes down before it reported its end is
/// read back from the journal and started again. One that falls asleep leaves
/// memory, and is read back when it is due or someone asks for it. Watched by
/// the node's root, which starts it again from the journal. Told by `parent` to
/// exit it begins nothing more, ends its iterations, and goes when the last is
/// gone; when `parent` fails, so do all of them.
supervisor_actor::behavior_type supervisor(
  supervisor_actor::stateful_pointer<supervisor_state> self,
  const caf::actor_addr& parent, supervisor_start start);

} // namespace ratchet::actors
