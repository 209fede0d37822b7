#pragma once

#include "workflows/iteration.hpp"

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
/// A command changes the status of at most one stage by `record`; what the
/// change leads to (stages that start or are skipped, retries that are let go,
/// the end) is the work of `advance`, which comes last.
class iteration_turn {
public:
  iteration_turn(
    const loop_definition& plan, const iteration& before, time_point now)
      : plan_(plan), before_(before), now_(now) {
    // Most turns record a result and a start, or a result and the end.
    events_.reserve(2);
    changed_.reserve(2);
  }

  /// Adds `event`, which brings `stage` to `status`. At most once a turn.
  /// `stage` must live as long as the turn.
  void
  record(iteration_event event, const std::string& stage, stage_status status);

  /// Adds the start of the next attempt of `stage`.
  void start(const stage_definition& stage);

  /// Adds the request, ends what does not run, and the iteration if nothing
  /// does.
  void cancel(const std::string& who, const std::string& reason);

  /// Adds what follows from the state reached: starts of all ready stages, or
  /// the end with what it takes, or the next step of cleanup. Nothing on an
  /// ended iteration.
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
  bool start_or_skip(const stage_definition& stage);
  bool start_ready();
  [[nodiscard]] survey look() const;
  void stop(const survey& seen);
  void let_go_of_retries(); ///< And of attempts without a slot.
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
  const std::string* recorded_ = nullptr; ///< What the turn is about.
  /// The statuses that differ from those before; few.
  std::vector<changed_stage> changed_;
};

} // namespace ratchet::workflows::detail
