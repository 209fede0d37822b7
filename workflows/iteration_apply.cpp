#include "workflows/iteration.hpp"

#include "workflows/detail/iteration_turn.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

/// One function per event. A stage that the plan does not name is made on the
/// spot: a journal is folded to what it says, whatever became of its plan.
struct applier {
  const loop_definition& plan;
  iteration& it;

  void operator()(const iteration_started& event) const {
    it.start = event;
    for (const auto& stage : plan.stages)
      it.stages.try_emplace(stage.name);
    for (const auto& each : plan.cleanup)
      it.stages.try_emplace(each.stage.name).first->second.cleanup = true;
  }

  void operator()(const attempt_started& event) const {
    auto& stage = it.stages[event.stage];
    stage.status = stage_status::running;
    stage.attempt = event.attempt;
    stage.started = event.at;
    stage.due = event.deadline;
    stage.ended = {};
  }

  void operator()(const attempt_failed& event) const {
    auto& stage = it.stages[event.stage];
    count_run(stage, event.at);
    const bool again = event.retry_at != time_point{};
    stage.status = again ? stage_status::backing_off : stage_status::failed;
    ++(event.failure.lost ? stage.lost : stage.failures);
    stage.due = event.retry_at;
    stage.ended = event.at;
    stage.failure_code = event.failure.code;
    stage.failure = event.failure.message;
    stage.failure_name = event.failure.name;
  }

  void operator()(const attempt_queued& event) const {
    auto& stage = it.stages[event.stage];
    stage.status = stage_status::queued;
    stage.due = event.start_by;
  }

  void operator()(const attempt_dispatched& event) const {
    auto& stage = it.stages[event.stage];
    stage.status = stage_status::running;
    stage.started = event.at;
    stage.due = event.deadline;
  }

  void operator()(const stage_succeeded& event) const {
    finish(event.stage, stage_status::succeeded, event.at);
    it.stages[event.stage].output = event.output;
    it.stages[event.stage].success_index = it.event_count;
  }

  void operator()(const gate_refused& event) const {
    finish(event.stage, stage_status::refused, event.at);
    it.stages[event.stage].output = event.output;
  }

  void operator()(const cancel_requested& event) const {
    it.cancel_requested = true;
    it.end_reason = detail::cancel_reason(event.who, event.reason);
  }

  void operator()(const stage_canceled& event) const {
    finish(event.stage, stage_status::canceled, event.at);
  }

  void operator()(const stage_skipped& event) const {
    finish(event.stage, stage_status::skipped, event.at);
    auto& stage = it.stages[event.stage];
    stage.skipped_by = event.who;
    stage.skip_reason = event.reason;
  }

  void operator()(const stage_reset& event) const {
    it.outcome = iteration_outcome::running;
    it.cancel_requested = false;
    it.ending = iteration_outcome::running;
    it.end_reason.clear();
    it.ended = {};
    for (const auto& name : detail::with_downstream(plan, event.stage))
      set_back(it.stages[name]);
    // The end that comes now has a cleanup of its own.
    for (auto& [name, stage] : it.stages)
      if (stage.cleanup)
        set_back(stage);
  }

  void operator()(const cleanup_started& event) const {
    it.ending = event.outcome;
    it.end_reason = event.reason;
  }

  void operator()(const iteration_ended& event) const {
    it.outcome = event.outcome;
    it.ending = iteration_outcome::running;
    it.end_reason = event.reason;
    it.ended = event.at;
  }

  /// Attempt numbers go on: they name directories and child processes, and
  /// those of the first round may still be about.
  static void set_back(stage_state& stage) {
    stage_state fresh;
    fresh.attempt = stage.attempt;
    fresh.cleanup = stage.cleanup;
    stage = fresh;
  }

  /// The clock may have been set back meanwhile: then it ran for no time.
  void count_run(const stage_state& stage, time_point until) const {
    if (stage.status == stage_status::running && until > stage.started)
      it.ran += until - stage.started;
  }

  void
  finish(const std::string& name, stage_status status, time_point at) const {
    auto& stage = it.stages[name];
    count_run(stage, at);
    stage.status = status;
    stage.due = {};
    stage.ended = at;
  }
};

/// The sentence of the stage that finished last with one.
std::string latest_sentence(const iteration& it) {
  const stage_state* latest = nullptr;
  for (const auto& [name, stage] : it.stages)
    if (
      !stage.output.sentence.empty() &&
      (latest == nullptr || stage.ended > latest->ended))
      latest = &stage;
  return latest == nullptr ? std::string{} : latest->output.sentence;
}

} // namespace

void apply(
  const loop_definition& plan, iteration& it, const iteration_event& event) {
  std::visit(applier{plan, it}, event);
  ++it.event_count;
}

std::string_view to_string(iteration_outcome outcome) {
  switch (outcome) {
  case iteration_outcome::running:
    return "running";
  case iteration_outcome::promoted:
    return "promoted";
  case iteration_outcome::completed:
    return "completed";
  case iteration_outcome::rejected:
    return "rejected";
  case iteration_outcome::failed:
    return "failed";
  case iteration_outcome::canceled:
    return "canceled";
  }
  return "unknown";
}

version_number iteration::version() const {
  // Versions count up, so the highest is the last one registered.
  version_number last;
  for (const auto& [name, stage] : stages)
    last = std::max(last, stage.output.version);
  return last;
}

iteration_summary summarize(const iteration& it) {
  return {
    it.start,
    it.outcome,
    it.ended,
    it.version(),
    it.end_reason.empty() ? latest_sentence(it) : it.end_reason,
    it.ran};
}

} // namespace ratchet::workflows
