#include "workflows/iteration.hpp"

namespace ratchet::workflows {

namespace {

using effect_list = std::vector<iteration_effect>;

/// Calls `visit(name, state)` for every stage, and for the units of `fan_outs`
/// that `which` gives.
template <class Which, class Visit>
void for_all(const iteration& it, Which which, Visit visit) {
  for (const auto& [name, stage] : it.stages)
    visit(name, stage);
  for (const auto& [name, units] : it.fan_outs)
    which(units, [&](std::uint32_t index) {
      visit(unit_name(name, index), units.units[index]);
    });
}

constexpr auto under_way = [](const fan_out& units, auto visit) {
  for (const auto index : units.under_way)
    visit(index);
};

void stop_running(const iteration& it, effect_list& out) {
  for_all(it, under_way, [&](const std::string& name, const auto& state) {
    if (state.status == stage_status::running)
      out.emplace_back(stop_attempt{name, state.attempt});
  });
}

/// What a pause has let pass.
void wake_again(const iteration& it, effect_list& out) {
  for_all(it, under_way, [&](const std::string& name, const auto& state) {
    if (state.status == stage_status::backing_off)
      out.emplace_back(wake_for_retry{name, state.due});
    if (!state.suspended_in.empty())
      out.emplace_back(wake_for_deadline{name, state.due});
  });
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
  void operator()(const items_awaited& event) const {
    out.emplace_back(list_items{event.stage, event.attempt});
  }
  void operator()(const items_fixed&) const {}
  void operator()(const attempt_queued&) const {}
  void operator()(const iteration_paused&) const {
    for_all(it, under_way, [&](const std::string& name, const auto& state) {
      if (state.withdrawing)
        out.emplace_back(stop_attempt{name, state.attempt});
    });
  }
  void operator()(const attempt_withdrawn& event) const { let_go(event.stage); }
  void operator()(const iteration_resumed&) const { wake_again(it, out); }
  void operator()(const iteration_labeled&) const {}
  void operator()(const attempt_dispatched& event) const {
    out.emplace_back(launch_attempt{event.stage, event.attempt});
  }

  void operator()(const wait_started& event) const {
    out.emplace_back(wake_for_deadline{event.stage, event.until});
  }
  void operator()(const step_recorded&) const {}
  void operator()(const attempt_suspended& event) const {
    out.emplace_back(wake_for_deadline{event.stage, event.until});
  }
  void operator()(const attempt_resumed& event) const {
    out.emplace_back(run_attempt{event.stage, event.attempt, event.deadline});
  }
  // A deadline that is no longer waited for finds that out when it comes.
  void operator()(const stage_approved&) const {}
  void operator()(const stage_rejected&) const {}
  void operator()(const signal_received&) const {}
  void operator()(const signal_taken&) const {}
  void operator()(const wait_timed_out&) const {}
  void operator()(const stage_slept&) const {}

  void operator()(const experiment_awaited& event) const {
    out.emplace_back(ask_experiment{event.stage, event.attempt});
  }
  void operator()(const experiment_decided&) const {}

  void let_go(const std::string& stage) const {
    const auto* state = it.find(stage);
    if (state != nullptr && state->in_experiment)
      out.emplace_back(leave_experiment{stage, state->attempt});
    else if (state != nullptr && state->attempt != 0)
      out.emplace_back(stop_attempt{stage, state->attempt});
  }
};

/// One that waits asks again. One that was left says so again: the word may not
/// have come through.
void resume_experiment(
  const std::string& name, const stage_state& stage, effect_list& out) {
  if (!stage.in_experiment)
    return;
  if (stage.status == stage_status::waiting)
    out.emplace_back(ask_experiment{name, stage.attempt});
  if (
    stage.status == stage_status::skipped ||
    stage.status == stage_status::canceled)
    out.emplace_back(leave_experiment{name, stage.attempt});
}

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
  const auto all = [](const fan_out& units, auto visit) {
    for (std::uint32_t index = 0; index < units.units.size(); ++index)
      visit(index);
  };
  for_all(it, all, [&](const std::string& name, const auto& stage) {
    if (stage.withdrawing)
      out.emplace_back(stop_attempt{name, stage.attempt});
    else if (
      stage.status == stage_status::running ||
      stage.status == stage_status::queued)
      out.emplace_back(run_attempt{name, stage.attempt, stage.due});
    if (stage.status == stage_status::backing_off && !it.paused)
      out.emplace_back(wake_for_retry{name, stage.due});
    if (stage.status == stage_status::listing)
      out.emplace_back(list_items{name, stage.attempt});
    const bool held = it.paused && !stage.suspended_in.empty();
    if (stage.status == stage_status::waiting && !held && !stage.in_experiment)
      out.emplace_back(wake_for_deadline{name, stage.due});
    resume_experiment(name, stage, out);
    if (
      stage.status == stage_status::succeeded &&
      !stage.output.artifacts.empty())
      out.emplace_back(discard_outputs{name, stage.attempt});
  });
  return out;
}

} // namespace ratchet::workflows
