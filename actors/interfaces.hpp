#pragma once

#include "actors/messages.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <string>

/// Every handle type, with a comment per message: who talks to whom.
///
///   HTTP threads --append_events--> journal --history_grew--> channels
///   channels --history_grew--> monitor --inputs_changed--> supervisor
///   supervisor --begin--> iteration --begin--> stage --claim_slot--> slots
///   slots --slot_granted, slot_awaited--> stage
///   stage --attempt_finished, attempt_broke--> iteration
///   stage --register_made, promote_made--> supervisor
///   stage --find_loop--> root, stage --start_child, await_child--> the
///   supervisor of another loop
///   iteration --iteration_is_over, iteration_rests, attempts_ran--> supervisor
///   supervisor --loop_promoted--> root --loop_promoted--> other supervisors
///   supervisor, iteration, monitor --commit_batch--> journal
///   retention --retain_history--> journal
///   iteration --experiment_wanted, experiment_left--> supervisor
///   supervisor --experiment_told--> iteration
///   supervisor --history_grew--> experiment
///   experiment --experiment_shares, experiment_is_over--> supervisor
///   areas --area_look_made--> supervisor
///
/// Who watches whom: the node's root its supervisors and monitors and the
/// retention, a supervisor its iterations, its experiment and who looks for
/// areas, an iteration its stages. What went down is started again from the
/// journal.

namespace ratchet::actors {

/// The only writer of its shard.
using journal_actor = caf::typed_actor<
  // Events of a body; answered through its callback.
  caf::reacts_to<append_events>,
  // A control change; answered when it is durable.
  caf::replies_to<commit_batch>::with<committed>,
  // Old events may go; answered when they durably have.
  caf::replies_to<retain_history>::with<committed>,
  // Internal: commit what has gathered.
  caf::reacts_to<flush_atom>,
  // Commit what has gathered, then refuse everything; true when done.
  caf::replies_to<close_atom>::with<bool>>;

/// Whoever follows a loop's history with a cursor of its own. The message is a
/// hint that there is more; a lost or repeated one does no harm.
using history_follower = caf::typed_actor<caf::reacts_to<history_grew>>;

/// Routes the growth of a loop's channels to all that follow them.
using channels_actor = caf::typed_actor<
  // From the journal, after the commit.
  caf::reacts_to<history_grew>,
  // Follow `loop` from now on; answered with a hint at once.
  caf::reacts_to<std::string, history_follower>>;

/// Joins a loop's feedback, counts it, and keeps its metrics.
using monitor_actor = caf::typed_actor<
  caf::reacts_to<history_grew>,
  // Internal: a piece of history has been read and joined.
  caf::reacts_to<followed>>;

/// Is told when a timer is due.
using timer_listener = caf::typed_actor<caf::reacts_to<due>>;

/// Alarms by the wall clock. Not durable themselves: whoever sets one has the
/// due time in its journaled state and sets it again after a restart.
using timers_actor = caf::typed_actor<
  caf::reacts_to<wake_at, timer_listener>,
  // Takes back all alarms of a listener, which may then go: an alarm holds it.
  caf::reacts_to<forget_atom, timer_listener>,
  // Internal: look at the clock.
  caf::reacts_to<poll_atom, std::uint64_t>>;

/// Keeps the node's histories within the bounds of their loops.
using retention_actor = caf::typed_actor<
  // Time to look.
  caf::reacts_to<due>,
  // Internal: what may go.
  caf::reacts_to<retention_looked>,
  // Internal: a reader is done with giving space back.
  caf::reacts_to<space_reclaimed>>;

/// Threads for short work that blocks.
using worker_actor = caf::typed_actor<caf::reacts_to<run_job>>;

/// Whoever asks for a slot.
using slot_holder =
  caf::typed_actor<caf::reacts_to<slot_granted>, caf::reacts_to<slot_awaited>>;

/// The slots of a node: which attempts may run on it.
using slots_actor = caf::typed_actor<
  caf::reacts_to<claim_slot, slot_holder>,
  // From the root, before `begin_atom`, and from stages.
  caf::reacts_to<take_slot>, caf::reacts_to<release_slot>,
  // Give slots from now on.
  caf::reacts_to<begin_atom>,
  // Give none any more: the node stops, and what ends now makes room for none.
  caf::reacts_to<close_atom>,
  // Internal: see who has waited for long.
  caf::reacts_to<poll_atom>>;

/// One try of one stage.
using stage_actor = caf::typed_actor<
  caf::reacts_to<begin_atom>,
  // Stop it: the iteration is canceled.
  caf::reacts_to<stop_atom>,
  // From the slots.
  caf::reacts_to<slot_granted>, caf::reacts_to<slot_awaited>,
  // From the iteration: that it has its slot is recorded.
  caf::reacts_to<launch_atom>,
  // Internal: has it given a sign of life?
  caf::reacts_to<beat_atom>,
  // Internal: what ran on a worker's thread came to an end.
  caf::reacts_to<attempt_report>,
  // Internal: look at the command.
  caf::reacts_to<poll_atom>,
  // The deadline, or the end of the grace.
  caf::reacts_to<due>>;

/// One turn of a loop. Has an actor only while it is not asleep.
using iteration_actor = caf::typed_actor<
  caf::reacts_to<begin_atom>,
  // From its stages.
  caf::reacts_to<attempt_finished>, caf::reacts_to<attempt_broke>,
  caf::reacts_to<attempt_stopped>, caf::reacts_to<attempt_waits>,
  caf::reacts_to<attempt_placed>, caf::reacts_to<attempt_suspends>,
  // From the thread that runs one.
  caf::reacts_to<attempt_steps>,
  // A back-off has passed, or a deadline.
  caf::reacts_to<due>,
  // Internal: the items of a stage were looked up.
  caf::reacts_to<items_found>,
  // From the supervisor.
  caf::reacts_to<experiment_told>,
  // The verbs of one iteration.
  caf::replies_to<operator_request>::with<operator_answer>>;

/// Counts what an experiment's units say.
using experiment_actor = caf::typed_actor<
  // From the supervisor: the monitor has seen more of the history.
  caf::reacts_to<history_grew>,
  // Time may have made units mature, or moved the ramp.
  caf::reacts_to<due>,
  // Internal: a rest is over.
  caf::reacts_to<poll_atom>,
  // Internal: a reader has made a step.
  caf::reacts_to<experiment_stepped>>;

/// Looks for improvement areas.
using areas_actor = caf::typed_actor<
  // Time to look.
  caf::reacts_to<due>,
  // Internal: look, or go on after a failure.
  caf::reacts_to<poll_atom>,
  // Internal: a reader has read a piece.
  caf::reacts_to<areas_stepped>>;

/// Is told when a loop has a new champion.
using promotion_listener = caf::typed_actor<caf::reacts_to<loop_promoted>>;

/// The control of one loop.
using supervisor_actor = caf::typed_actor<
  caf::reacts_to<begin_atom>,
  // From the monitor.
  caf::reacts_to<inputs_changed>,
  // Time may have made the trigger fire, or a sleeper is due.
  caf::reacts_to<due>, caf::replies_to<operator_request>::with<operator_answer>,
  // From stages.
  caf::replies_to<register_made>::with<version_number>,
  caf::replies_to<promote_made>::with<version_number>,
  // From the root: of a loop whose promotions the trigger waits for.
  caf::reacts_to<loop_promoted>,
  // From its iterations.
  caf::reacts_to<iteration_is_over>, caf::reacts_to<attempts_ran>,
  caf::replies_to<iteration_rests>::with<bool>,
  // From stages of other loops that run one of this.
  caf::replies_to<start_child>::with<child_started>,
  caf::replies_to<await_child>::with<child_ended>,
  caf::reacts_to<experiment_wanted>, caf::reacts_to<experiment_left>,
  // From the follower of its experiment.
  caf::reacts_to<experiment_shares>, caf::reacts_to<experiment_is_over>,
  // From who looks for areas.
  caf::reacts_to<area_look_made>,
  // Internal: an iteration was read back from the journal.
  caf::reacts_to<iteration_loaded>>;

/// Where to find the supervisors: the root's part that stages see.
using directory_actor = caf::typed_actor<
  // Errors: `unavailable` while a loop is being taken up.
  caf::replies_to<find_loop>::with<supervisor_actor>>;

} // namespace ratchet::actors
