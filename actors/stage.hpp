#pragma once

#include "actors/detail/silence.hpp"
#include "actors/detail/unit_results.hpp"
#include "actors/iteration.hpp"
#include "workflows/choose.hpp"

#include <caf/stateful_actor.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::actors {

/// All that one attempt is told.
struct attempt_order {
  std::string id;   ///< workflows::unit_attempt_id
  std::string unit; ///< What the iteration calls it: the stage, or "train[3]".
  const workflows::stage_definition* stage = nullptr; ///< In the plan.
  std::uint32_t attempt = 1;
  /// The journal says that it was started before: look for it first.
  bool resumed = false;
  /// It is only taken up to be stopped.
  bool canceled = false;
  /// The journal says that it waits for a slot.
  bool queued = false;
  time_point since; ///< When it was to start.
  workflows::iteration_started start;
  version_number champion; ///< What the iteration's version was compared with.
  version_number version;  ///< The iteration's version so far; 0: none.
  /// What the stages before it made, by stage, in the plan's order.
  std::vector<std::pair<std::string, std::vector<workflows::artifact_ref>>>
    inputs;
  /// The same of those that ran for each of their items.
  std::vector<std::pair<std::string, std::shared_ptr<const unit_results>>>
    joined;
  /// Their named results, in the same order.
  std::vector<std::pair<std::string, std::map<std::string, std::string>>>
    values;
  /// What earlier runs of the stage recorded; of a function.
  std::map<std::string, workflows::step_memo> steps;
  /// The sentence of the last gate before it, and of approvals after that.
  std::string evidence;
  struct item_to_run {
    std::uint32_t index = 0;
    std::string value;
  };
  std::optional<item_to_run> item; ///< Of a stage that runs for each.
  std::optional<result<workflows::choice>> choice; ///< Of one that chooses.
  /// A cleanup stage: how the iteration will end, and why.
  struct end_that_is_due {
    workflows::iteration_outcome outcome;
    std::string reason;
  };
  std::optional<end_that_is_due> ending;
};

/// Where an attempt is in its life.
enum class attempt_phase : std::uint8_t {
  waiting,  ///< For a slot.
  placed,   ///< It has one, and waits until that is recorded.
  working,  ///< A job on another thread, or the supervisor, will answer.
  watching, ///< A command runs.
};

struct stage_run_state {
  static inline const char* name = "stage";

  iteration_peers peers;
  iteration_actor iteration;
  attempt_order order;
  /// Seen by the job's thread.
  std::shared_ptr<std::atomic<bool>> canceled;
  std::shared_ptr<std::atomic<std::uint64_t>> beats;
  attempt_phase phase = attempt_phase::working;
  /// A slot is asked for or held, and to be given back when it ends. Shared
  /// with whatever ends this actor.
  std::shared_ptr<std::atomic<bool>> owes_slot;
  bool queued = false; ///< The iteration knows that it waits.
  bool has_alarm = false;
  bool stopping = false; ///< By cancel or deadline.
  bool killed = false;   ///< The grace has passed, too.
  std::optional<workflows::attempt_failure> verdict; ///< Of a deadline.
  std::uint64_t log_offset = 0;           ///< Read for progress so far.
  std::optional<detail::silence> silence; ///< If that has a bound.
  /// Of the file that a command touches; its age does not matter.
  std::filesystem::file_time_type touched;
};

/// One attempt of one stage: runs it, watches it, and tells the iteration how
/// it ended, once; then it is gone.
///
///   begin -> slot -> prepare and start -> watch -> collect -> register -> tell
///                                           |
///   stop, deadline or silence -> TERM -> grace -> KILL
///
/// If it has to wait for its slot, it tells the iteration, and when it has got
/// it, it starts only after that is recorded: so an attempt that is queued
/// never runs, whatever crashes when.
///
/// A command runs in a process of its own that outlives this actor and this
/// engine (process/attempt_process.hpp); everything else runs on a worker's
/// thread, which cannot be killed: it is asked to stop, and when the grace has
/// passed its answer no longer counts. It keeps its slot until it returns.
///
/// Resumed, a command is taken up where it is: its end is collected, or it is
/// watched on, or it is declared lost. Everything else was lost with the
/// engine.
stage_actor::behavior_type stage(
  stage_actor::stateful_pointer<stage_run_state> self, iteration_peers peers,
  iteration_actor iteration, attempt_order order);

} // namespace ratchet::actors
