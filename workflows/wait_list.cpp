#include "workflows/wait_list.hpp"

#include <utility>

namespace ratchet::workflows {

namespace {

std::string then_of(wait_outcome outcome) {
  switch (outcome) {
  case wait_outcome::undeclared:
  case wait_outcome::fail:
    return "the stage fails";
  case wait_outcome::skip:
    return "the stage is skipped";
  case wait_outcome::approve:
    return "it counts as approved";
  case wait_outcome::reject:
    return "it counts as rejected";
  }
  return {};
}

void describe_wait(wait_info& info, const stage_definition& stage) {
  if (stage.kind == stage_kind::experiment) {
    info.kind = wait_kind::experiment;
    info.then = "the champion stays";
    return;
  }
  info.then = then_of(stage.wait.on_timeout);
  if (stage.kind == stage_kind::approval) {
    info.kind = wait_kind::approval;
  } else if (stage.kind == stage_kind::wait_signal) {
    info.kind = wait_kind::signal;
    info.signal = stage.wait.signal;
  } else {
    info.kind = wait_kind::sleep;
    info.then = "the iteration goes on";
  }
}

/// Of an attempt that runs an iteration of another loop.
void describe_child(
  wait_info& info, const stage_definition& stage, const stage_state& state) {
  info.kind = wait_kind::child;
  info.attempt = state.attempt;
  info.until = state.started + stage.timeout;
  info.runs = stage.nested.loop;
  info.then = stage.nested.on_timeout == child_policy::fail
    ? "the child is canceled and the attempt fails"
    : "the child is canceled and the stage goes on";
}

/// Of an attempt, in its middle.
void describe_suspension(wait_info& info, const stage_state& state) {
  const auto& memo = state.steps.at(state.suspended_in);
  info.kind =
    memo.kind == step_kind::signal ? wait_kind::signal : wait_kind::sleep;
  info.attempt = state.attempt;
  info.signal = memo.signal;
  info.since = memo.since;
  info.then = memo.kind == step_kind::signal ? "the attempt goes on without it"
                                             : "the attempt goes on";
}

/// Of a stage, or of a unit of it.
void add(
  std::vector<wait_info>& to, const stage_definition& stage, std::string name,
  const stage_state& state) {
  wait_info info;
  info.stage = std::move(name);
  info.since = state.started;
  info.until = state.due;
  switch (state.status) {
  case stage_status::waiting:
    if (state.suspended_in.empty())
      describe_wait(info, stage);
    else
      describe_suspension(info, state);
    break;
  case stage_status::backing_off:
    info.kind = wait_kind::back_off;
    info.attempt = state.attempt;
    info.since = state.ended;
    info.then = "attempt " + std::to_string(state.attempt + 1) + " starts";
    info.detail = state.failure;
    break;
  case stage_status::queued:
    info.kind = wait_kind::slot;
    info.attempt = state.attempt;
    info.then = state.due == time_point{} ? "" : "the attempt fails";
    break;
  case stage_status::running:
    if (stage.kind != stage_kind::run_loop)
      return;
    describe_child(info, stage, state);
    break;
  case stage_status::pending:
  case stage_status::succeeded:
  case stage_status::failed:
  case stage_status::refused:
  case stage_status::canceled:
  case stage_status::skipped:
  case stage_status::listing:
  case stage_status::fanned_out:
    return;
  }
  to.push_back(std::move(info));
}

void add(
  std::vector<wait_info>& to, const stage_definition& stage,
  const iteration& it) {
  const auto found = it.stages.find(stage.name);
  if (found == it.stages.end())
    return;
  add(to, stage, stage.name, found->second);
  if (found->second.status != stage_status::fanned_out)
    return;
  const auto& units = it.fan_outs.at(stage.name);
  for (const auto index : units.under_way)
    add(to, stage, unit_name(stage.name, index), units.units[index]);
}

void add_pause(std::vector<wait_info>& to, const pause_state& pause) {
  wait_info info;
  info.kind = wait_kind::resume;
  info.since = pause.at;
  info.detail = "paused by " + pause.who;
  if (!pause.reason.empty())
    info.detail += ": " + pause.reason;
  to.push_back(std::move(info));
}

} // namespace

std::string_view to_string(wait_kind kind) {
  switch (kind) {
  case wait_kind::approval:
    return "approval";
  case wait_kind::signal:
    return "signal";
  case wait_kind::sleep:
    return "sleep";
  case wait_kind::back_off:
    return "back_off";
  case wait_kind::slot:
    return "slot";
  case wait_kind::child:
    return "child";
  case wait_kind::resume:
    return "resume";
  case wait_kind::experiment:
    return "experiment";
  }
  return "unknown";
}

std::vector<wait_info>
waits_of(const loop_definition& plan, const iteration& it) {
  std::vector<wait_info> out;
  if (it.outcome != iteration_outcome::running)
    return out;
  if (it.paused)
    add_pause(out, *it.paused);
  for (const auto& stage : plan.stages)
    add(out, stage, it);
  for (const auto& each : plan.cleanup)
    add(out, each.stage, it);
  return out;
}

} // namespace ratchet::workflows
