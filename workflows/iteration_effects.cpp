#include "workflows/iteration.hpp"

namespace ratchet::workflows {

namespace {

using effect_list = std::vector<iteration_effect>;

void stop_running(const iteration& it, effect_list& out) {
  for (const auto& [name, stage] : it.stages)
    if (stage.status == stage_status::running)
      out.emplace_back(stop_attempt{name, stage.attempt});
}

/// Some events touch the world outside at once; the others are followed, in the
/// same decision, by one that does.
struct effect_visitor {
  const iteration& it;
  effect_list& out;

  void operator()(const attempt_started& event) const {
    out.emplace_back(run_attempt{event.stage, event.attempt, event.deadline});
  }
  void operator()(const attempt_failed& event) const {
    if (event.retry_at != time_point{})
      out.emplace_back(wake_for_retry{event.stage, event.retry_at});
  }
  void operator()(const cancel_requested&) const { stop_running(it, out); }
  void operator()(const iteration_ended& event) const {
    out.emplace_back(report_end{event.outcome});
  }
  void operator()(const iteration_started&) const {}
  void operator()(const stage_succeeded& event) const {
    if (!event.output.artifacts.empty())
      out.emplace_back(discard_outputs{event.stage, event.attempt});
  }
  void operator()(const gate_refused&) const {}
  // It may have waited for a slot; there is nothing to stop in the others.
  void operator()(const stage_canceled& event) const { let_go(event.stage); }
  void operator()(const stage_reset&) const {}
  void operator()(const stage_skipped& event) const { let_go(event.stage); }
  void operator()(const cleanup_started&) const {}
  void operator()(const attempt_queued&) const {}
  void operator()(const attempt_dispatched& event) const {
    out.emplace_back(launch_attempt{event.stage, event.attempt});
  }

  void let_go(const std::string& stage) const {
    const auto found = it.stages.find(stage);
    if (found != it.stages.end() && found->second.attempt != 0)
      out.emplace_back(stop_attempt{stage, found->second.attempt});
  }
};

} // namespace

effect_list effects(const iteration& it, const iteration_event& event) {
  effect_list out;
  std::visit(effect_visitor{it, out}, event);
  return out;
}

effect_list recover(const iteration& it) {
  effect_list out;
  if (it.outcome != iteration_outcome::running) {
    out.emplace_back(report_end{it.outcome});
    return out;
  }
  // Cleanup after a cancel is not canceled: it is what the cancel leads to.
  if (it.cancel_requested && it.ending == iteration_outcome::running) {
    stop_running(it, out);
    return out;
  }
  for (const auto& [name, stage] : it.stages) {
    if (
      stage.status == stage_status::running ||
      stage.status == stage_status::queued)
      out.emplace_back(run_attempt{name, stage.attempt, stage.due});
    if (stage.status == stage_status::backing_off)
      out.emplace_back(wake_for_retry{name, stage.due});
    if (
      stage.status == stage_status::succeeded &&
      !stage.output.artifacts.empty())
      out.emplace_back(discard_outputs{name, stage.attempt});
  }
  return out;
}

} // namespace ratchet::workflows
