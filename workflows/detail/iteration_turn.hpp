#pragma once

#include "workflows/detail/unit_step.hpp"
#include "workflows/iteration.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::workflows::detail {

/// True once nothing new may start: a cancel was requested, or a stage failed
/// for good or refused.
[[nodiscard]] bool is_stopping(const iteration& it);

/// `stage` and every stage that waits for it, directly or not.
[[nodiscard]] std::vector<std::string>
with_downstream(const loop_definition& plan, const std::string& stage);

/// "canceled by ada: wrong data"
[[nodiscard]] std::string
cancel_reason(const std::string& who, const std::string& reason);

/// One decision while it is being made: the events so far, and what they
/// change about the state before, which is not copied.
///
/// A command changes the status of at most one stage or unit by `record`; what
/// the change leads to (stages and units that start or are skipped, retries
/// that are let go, the end) is the work of `advance`, which comes last.
class iteration_turn {
public:
  iteration_turn(
    const loop_definition& plan, const iteration& before, time_point now)
      : plan_(plan), before_(before), now_(now) {
    // Most turns record a result and a start, or a result and the end.
    events_.reserve(2);
    changed_.reserve(2);
  }

  /// Adds `event`, which brings the stage or unit to `status`. At most once a
  /// turn. `unit` must live as long as the turn. `output` is what a stage then
  /// has to show, where the event itself does not hold that.
  void record(
    iteration_event event, const std::string& unit, stage_status status,
    std::optional<stage_result> output = {});

  /// Adds the start of the next attempt of a stage or unit, or of its wait.
  void start(const std::string& unit, const stage_definition& stage);

  /// A pause ended the attempt of a stage or unit, which is pending again. In
  /// place of `record`.
  void withdraw(const std::string& unit);

  /// Fixes the items of `stage`, and starts the first. At most once a turn, in
  /// place of `record`.
  void fix_items(
    const stage_definition& stage, std::uint32_t attempt,
    std::vector<std::string> items);
  /// They cannot be had: `stage` fails for good. Likewise.
  void fail_items(
    const stage_definition& stage, std::uint32_t attempt,
    attempt_failure failure);

  /// Adds the request, ends what does not run, and the iteration if nothing
  /// does.
  void cancel(const std::string& who, const std::string& reason);

  /// Adds what follows from the state reached: starts of all ready stages, or
  /// the end with what it takes, or the next step of cleanup. A wait that
  /// starts takes the signal that is there for it. Nothing on an ended
  /// iteration; on a paused one nothing that starts.
  void advance();

  [[nodiscard]] std::vector<iteration_event> take() {
    return std::move(events_);
  }

private:
  struct survey;
  using changed_stage = std::pair<const std::string*, stage_status>;

  [[nodiscard]] stage_status
  status_of(const std::string& stage, stage_status before) const {
    for (const auto& [name, status] : changed_)
      if (*name == stage)
        return status;
    return before;
  }
  [[nodiscard]] stage_status status_of(const std::string& stage) const;
  [[nodiscard]] bool all_done(const std::vector<std::string>& stages) const;
  [[nodiscard]] bool is_ready(const stage_definition& stage) const;
  void start_or_skip(const stage_definition& stage);
  void start_ready();
  void set(const std::string& stage, stage_status status);
  void begin_items(const stage_definition& stage);
  void add_items(const stage_definition& stage, items_fixed fixed);
  void go_on_with_units();
  void step(
    const stage_definition& stage, const std::optional<unit_change>& change,
    unit_pace pace);
  [[nodiscard]] std::optional<unit_change>
  change_of(const std::string& stage) const;
  [[nodiscard]] survey look() const;
  [[nodiscard]] unit_pace pace() const;
  void advance_graph();
  void take_signals();
  [[nodiscard]] bool is_over(const survey& seen) const;
  void stop();
  void stop_after_so_far();
  void let_go_of_waits(); ///< For a retry, a slot, the world.
  void end(iteration_outcome outcome, std::string reason);
  [[nodiscard]] iteration after_so_far() const;
  void add(std::vector<iteration_event> events);
  [[nodiscard]] bool has_promoted() const;
  [[nodiscard]] const stage_result* output_of(const std::string& stage) const;
  [[nodiscard]] std::string failure_reason() const;
  [[nodiscard]] std::string refusal_reason() const;
  [[nodiscard]] std::string success_reason() const;
  [[nodiscard]] std::string skip_of(const stage_definition& stage) const;

  const loop_definition& plan_;
  const iteration& before_;
  time_point now_;
  std::vector<iteration_event> events_;
  const std::string* recorded_ = nullptr; ///< The stage the turn is about.
  /// The unit the turn is about, and its stage.
  const stage_definition* unit_of_ = nullptr;
  std::uint32_t unit_index_ = 0;
  stage_status unit_status_ = stage_status::pending;
  bool started_units_ = false; ///< Of stages that the turn is not about.
  std::vector<const std::string*> stopped_units_; ///< Of these stages.
  std::optional<stage_result> recorded_output_;
  /// The statuses that differ from those before; few.
  std::vector<changed_stage> changed_;
};

} // namespace ratchet::workflows::detail
