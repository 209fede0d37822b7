#pragma once

#include "actors/client.hpp"
#include "actors/hosted.hpp"
#include "analysis/monitor_fold.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/event_batch.hpp"
#include "storage/write_batch.hpp"
#include "workflows/dispatch.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"
#include "workflows/trigger.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What actors say to each other: plain data, named like commands and events.
///
/// All of these stay inside one process, so CAF is told not to ask for a wire
/// form. What will cross nodes is journaled data, and that has one encoding
/// already (storage/workflow_codec.hpp): a second one here would be one more
/// format to keep.

namespace ratchet::storage {
struct experiment_record;
} // namespace ratchet::storage

namespace ratchet::actors {

namespace detail {
class area_round;
struct experiment_piece;
} // namespace detail

// To the journal -------------------------------------------------------------

/// One body's events of one loop. `done` is called on the journal's thread,
/// once, after the group with them is durable; it must not block.
struct append_events {
  storage::event_batch batch;
  std::function<void(result<storage::append_outcome>)> done;
};
/// A control change: recorded whole or not at all.
struct commit_batch {
  storage::write_batch batch;
};
/// Drop what lies before `keep_from`, in whole blocks; nothing while the
/// history is held (storage/history.hpp), which is no failure.
struct retain_history {
  loop_number loop;
  sequence keep_from;
};
/// The answer: it is durable.
struct committed {};

// Of the history --------------------------------------------------------------

/// `loop` now has events up to `end`, durable and readable.
struct history_grew {
  std::string loop;
  sequence end;
};

// Between loops
// ----------------------------------------------------------------

/// How often the champion of `loop` has moved forward, ever; durable. Lost or
/// repeated ones do no harm: the next one says all.
struct loop_promoted {
  std::string loop;
  std::uint64_t promotions = 0;
};

// Of the monitor --------------------------------------------------------------

/// New totals for the trigger.
struct inputs_changed {
  workflows::trigger_inputs inputs;
};

/// What a reader found between two cursors. Internal to the monitor.
struct followed {
  sequence cursor;
  std::map<std::string, std::uint64_t> joined; ///< New pairs, by channel.
  std::vector<analysis::monitor_row> rows;     ///< In the history's order.
  /// What is to be watched for drops, as the loop said after the piece was
  /// read: a row of a champion's traffic never comes before its watch.
  std::map<std::string, analysis::wanted_watch> watches;
  time_point until;  ///< When the last event was taken in; epoch: none was.
  bool more = false; ///< It did not reach the end.
  std::optional<error> failure;
};

// Of retention ----------------------------------------------------------------

/// What a look at the histories found. Internal to retention.
struct retention_looked {
  std::vector<retain_history> wishes;
};
/// Space was given back. Internal to retention.
struct space_reclaimed {
  bool rewritten = false; ///< By rewriting files, or it was tried.
};

// To the supervisor -----------------------------------------------------------

/// An attempt made a model; the answer is its version, the same however often
/// it is asked.
struct register_made {
  std::string attempt_id;
  iteration_number iteration;
  workflows::artifact_ref artifact;
  version_number parent;      ///< Champion when its iteration began.
  std::string dataset_digest; ///< Of what it was trained on; may be empty.
};
/// A promote stage asks; the answer is the champion that now serves.
struct promote_made {
  iteration_number iteration;
  version_number version;
  version_number expected;
  std::string reason;
  duration probation{0};
};
struct iteration_is_over {
  iteration_number number;
  workflows::iteration_outcome outcome =
    workflows::iteration_outcome::completed;
  duration ran{0}; ///< Its attempts, all together.
};
/// What an iteration's attempts have run so far, for the loop's budget.
struct attempts_ran {
  iteration_number number;
  duration ended{0};                 ///< Those that are over.
  std::vector<time_point> running{}; ///< Since when the others run.
};

/// A stage of another loop asks for an iteration; the answer is the same
/// however often it is asked.
struct start_child {
  std::string request; ///< The id of the attempt that asks.
  std::string who;
  std::string reason;
  bool only_find = false; ///< Start none, if there is none.
};
struct child_started {
  iteration_number number; ///< 0: there is none.
};
/// How does it end? Answered when it has.
struct await_child {
  iteration_number number;
};
struct child_ended {
  workflows::iteration_outcome outcome =
    workflows::iteration_outcome::completed;
  version_number version;
  std::string reason;
};
/// To the root: who leads the loop?
struct find_loop {
  std::string loop;
};

/// Nothing of the iteration runs before that moment: may its actor leave? The
/// answer is yes or no; before it the iteration takes no other message.
struct iteration_rests {
  iteration_number number;
  time_point until; ///< workflows::no_wake_up: until word comes.
};

/// An iteration's stage waits for an experiment. Asked again it is the same
/// one.
struct experiment_wanted {
  workflows::experiment_request request;
};
/// It waits no more.
struct experiment_left {
  iteration_number iteration;
  std::string stage;
  std::uint32_t attempt = 1;
};
/// From its follower: units may be assigned by these shares, which are durable.
struct experiment_shares {
  experiment_number number;
  std::string salt;
  std::vector<double> shares;
};
/// From its follower: the verdict is final.
struct experiment_is_over {
  experiment_number number;
  std::shared_ptr<const storage::experiment_record> decision;
};

/// From who looks for areas: a look was made.
struct area_look_made {
  workflows::area_look look;
};

/// An iteration as its journal tells it. Internal to the supervisor.
struct iteration_loaded {
  iteration_number number;
  std::shared_ptr<const hosted_plan> plan;
  workflows::iteration state;
  std::optional<error> failure;
};

// To an iteration -------------------------------------------------------------

struct attempt_finished {
  std::string stage;
  std::uint32_t attempt = 1;
  workflows::stage_result output;
  bool refused = false;
};
struct attempt_broke {
  std::string stage;
  std::uint32_t attempt = 1;
  workflows::attempt_failure failure;
};
/// The attempt has no slot yet, and will not have one soon.
struct attempt_waits {
  std::string stage;
  std::uint32_t attempt = 1;
};
/// An attempt that was said to wait has its slot.
struct attempt_placed {
  std::string stage;
  std::uint32_t attempt = 1;
};
/// What the items of a stage were found to be. Internal to the iteration.
struct items_found {
  std::string stage;
  std::uint32_t attempt = 1;
  std::vector<std::string> items;
  std::optional<workflows::attempt_failure> failure;
};
/// The attempt was stopped as asked and is gone.
struct attempt_stopped {
  std::string stage;
  std::uint32_t attempt = 1;
};

/// What an attempt waits for in its middle.
struct suspension {
  std::string step; ///< Its name among the stage's steps.
  workflows::step_kind kind = workflows::step_kind::sleep;
  std::string signal;
  time_point until;
};
/// The attempt has given up its thread and its slot, to go on later.
struct attempt_suspends {
  std::string stage;
  std::uint32_t attempt = 1;
  suspension wish;
};
/// An attempt that runs has done a step. `done` is called once, on whichever
/// thread: when it is durable, or with the reason why not. Dropped uncalled if
/// the iteration goes.
struct attempt_steps {
  std::string stage;
  std::uint32_t attempt = 1;
  std::string name;
  std::string value;
  std::function<void(result<void>)> done;
};

/// How an attempt's work ended. Internal to the stage.
struct attempt_report {
  workflows::stage_result output;
  bool refused = false;
  std::optional<suspension> suspended;
  /// Set for a command once it has started: it goes on by itself.
  bool started = false;
  std::optional<workflows::attempt_failure> failure;
};

/// What came of an experiment: its verdict, or why there is none.
struct experiment_told {
  std::string stage;
  std::uint32_t attempt = 1;
  workflows::experiment_verdict verdict;
  std::optional<workflows::attempt_failure> failure;
};

// To an experiment's follower -------------------------------------------------

/// A step was made. Internal to the follower, which may change the piece.
struct experiment_stepped {
  std::shared_ptr<detail::experiment_piece> piece;
};
/// A reader has read a piece for a round of looks. Internal to who looks.
struct areas_stepped {
  std::shared_ptr<detail::area_round> round;
  bool more = false; ///< There is more to read.
  std::optional<error> failure;
};

// To workers and timers -------------------------------------------------------

/// Blocking work; runs on a worker's thread. It answers by messages of its
/// own, so that nobody waits for a reply.
struct run_job {
  std::function<void()> job;
};
/// An attempt asks for a slot; the answer comes as a message of its own.
struct claim_slot {
  workflows::slot_claim claim;
};
/// An attempt that runs already has one, above the limits if need be.
struct take_slot {
  workflows::slot_claim claim;
};
/// It needs none any more, whether it waits or holds.
struct release_slot {
  std::string attempt;
};
/// The slot is held until it is released.
struct slot_granted {};
/// It has waited for `long_wait` (actors/slots.hpp), and waits on.
struct slot_awaited {};
/// Send `due{token}` to the asker when the wall clock reaches `at`.
struct wake_at {
  time_point at;
  std::uint64_t token = 0;
};
struct due {
  std::uint64_t token = 0;
};

// Atoms: 10 characters at most.
using beat_atom = caf::atom_constant<caf::atom("beat")>;
using begin_atom = caf::atom_constant<caf::atom("begin")>;
using close_atom = caf::atom_constant<caf::atom("close")>;
using flush_atom = caf::atom_constant<caf::atom("flush")>;
using forget_atom = caf::atom_constant<caf::atom("forget")>;
using launch_atom = caf::atom_constant<caf::atom("launch")>;
using poll_atom = caf::atom_constant<caf::atom("poll")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;

} // namespace ratchet::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::append_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::commit_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::retain_history)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::retention_looked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::space_reclaimed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::history_grew)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::inputs_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::loop_promoted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempts_ran)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::register_made)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::promote_made)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::iteration_is_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::iteration_rests)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_broke)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_stopped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::run_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::wake_at)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::operator_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::operator_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::version_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::followed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::iteration_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::claim_slot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::take_slot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::release_slot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::slot_granted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::slot_awaited)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_waits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_placed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::items_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_suspends)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::attempt_steps)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::start_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::child_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::await_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::child_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::find_loop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::experiment_wanted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::experiment_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::experiment_shares)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::experiment_is_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::experiment_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::experiment_stepped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::area_look_made)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ratchet::actors::areas_stepped)
