#include "workflows/iteration.hpp"

#include "base/bytes.hpp"
#include "workflows/detail/iteration_turn.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::workflows {

namespace {

/// One function per event. A stage that the plan does not name is made on the
/// spot: a journal is folded to what it says, whatever became of its plan.
struct applier {
  const loop_definition& plan;
  iteration& it;

  void operator()(const iteration_started& event) const {
    it.start = event;
    it.labels = event.labels;
    for (const auto& stage : plan.stages)
      it.stages.try_emplace(stage.name);
    for (const auto& each : plan.cleanup)
      it.stages.try_emplace(each.stage.name).first->second.cleanup = true;
  }

  void operator()(const attempt_started& event) const {
    change(event.stage, [&](stage_state& stage) {
      stage.status = stage_status::running;
      stage.attempt = event.attempt;
      stage.started = event.at;
      stage.due = event.deadline;
      stage.ended = {};
    });
  }

  void operator()(const attempt_failed& event) const {
    change(event.stage, [&](stage_state& stage) {
      count_run(stage, event.at);
      const bool again = event.retry_at != time_point{};
      stage.status = again ? stage_status::backing_off : stage_status::failed;
      stage.attempt = event.attempt;
      ++(event.failure.lost ? stage.lost : stage.failures);
      stage.withdrawing = false;
      stage.due = event.retry_at;
      stage.ended = event.at;
      stage.failure_code = event.failure.code;
      stage.failure = event.failure.message;
      stage.failure_name = event.failure.name;
    });
  }

  void operator()(const attempt_queued& event) const {
    change(event.stage, [&](stage_state& stage) {
      stage.status = stage_status::queued;
      stage.due = event.start_by;
    });
  }

  void operator()(const attempt_dispatched& event) const {
    change(event.stage, [&](stage_state& stage) {
      stage.status = stage_status::running;
      stage.started = event.at;
      stage.due = event.deadline;
    });
  }

  void operator()(const items_awaited& event) const {
    change(event.stage, [&](stage_state& stage) {
      stage.status = stage_status::listing;
      stage.attempt = event.attempt;
      stage.started = event.at;
      stage.ended = {};
    });
  }

  void operator()(const items_fixed& event) const {
    change(event.stage, [&](stage_state& stage) {
      if (stage.status != stage_status::listing)
        stage.started = event.at;
      stage.status = stage_status::fanned_out;
      stage.attempt = event.attempt;
      stage.ended = {};
    });
    it.fan_outs[event.stage].fix(event.items);
  }

  void operator()(const stage_succeeded& event) const {
    finish(event.stage, stage_status::succeeded, event.at, &event.output);
  }

  void operator()(const gate_refused& event) const {
    finish(event.stage, stage_status::refused, event.at, &event.output);
  }

  void operator()(const cancel_requested& event) const {
    it.cancel_requested = true;
    it.paused.reset();
    it.end_reason = detail::cancel_reason(event.who, event.reason);
  }

  void operator()(const stage_canceled& event) const {
    finish(event.stage, stage_status::canceled, event.at);
  }

  void operator()(const stage_skipped& event) const {
    change(event.stage, [&](stage_state& stage) {
      stage.skipped_by = event.who;
      stage.skip_reason = event.reason;
    });
    finish(event.stage, stage_status::skipped, event.at);
  }

  void operator()(const stage_reset& event) const {
    it.outcome = iteration_outcome::running;
    it.cancel_requested = false;
    it.ending = iteration_outcome::running;
    it.end_reason.clear();
    it.ended = {};
    const auto ref = parse_unit(event.stage);
    const std::string named{ref.stage};
    for (const auto& name : detail::with_downstream(plan, named))
      if (name != named || !ref.index)
        set_back(name);
    if (ref.index)
      set_unit_back(named, event.stage);
    // The end that comes now has a cleanup of its own.
    for (auto& [name, stage] : it.stages)
      if (stage.cleanup)
        set_back(stage);
  }

  void operator()(const cleanup_started& event) const {
    it.ending = event.outcome;
    it.end_reason = event.reason;
  }

  void operator()(const iteration_paused& event) const {
    it.paused = {event.at_once, event.who, event.reason, event.at};
    if (!event.at_once)
      return;
    const auto withdraw = [this](const std::string& name, stage_state& state) {
      const auto* stage = plan.any_stage(name);
      const bool elsewhere =
        stage != nullptr && stage->kind == stage_kind::run_loop;
      state.withdrawing = state.status == stage_status::running && !elsewhere;
    };
    for (auto& [name, stage] : it.stages)
      withdraw(name, stage);
    for (auto& [name, units] : it.fan_outs)
      for (const auto index : units.under_way)
        withdraw(name, units.units[index]);
  }

  void operator()(const attempt_withdrawn& event) const {
    change(event.stage, [&](stage_state& stage) {
      count_run(stage, event.at);
      stage.status = stage_status::pending;
      stage.withdrawing = false;
      stage.due = {};
      stage.ended = event.at;
    });
  }

  void operator()(const iteration_resumed&) const { it.paused.reset(); }

  void operator()(const iteration_labeled& event) const {
    for (const auto& [name, value] : event.set)
      it.labels[name] = value;
    for (const auto& name : event.removed)
      it.labels.erase(name);
  }

  void operator()(const iteration_ended& event) const {
    it.outcome = event.outcome;
    it.paused.reset();
    it.ending = iteration_outcome::running;
    it.end_reason = event.reason;
    it.ended = event.at;
  }

  void operator()(const wait_started& event) const {
    auto& stage = it.stages[event.stage];
    stage.status = stage_status::waiting;
    stage.started = event.at;
    stage.due = event.until;
    stage.ended = {};
  }

  void operator()(const stage_approved& event) const {
    succeed(
      event.stage, answer_output(true, event.who, event.reason), event.at);
  }

  void operator()(const stage_rejected& event) const {
    refuse(
      event.stage, answer_output(false, event.who, event.reason), event.at);
  }

  void operator()(const signal_received& event) const {
    it.signals.push_back(
      {event.signal,
       event.id,
       event.who,
       event.at,
       it.event_count,
       fnv1a64(event.payload),
       event.payload,
       {}});
  }

  void operator()(const signal_taken& event) const {
    if (event.number == 0 || event.number > it.signals.size())
      return;
    auto& signal = it.signals[event.number - 1];
    succeed(event.stage, signal_output(signal), event.at);
    signal.taken_by = event.stage;
    signal.payload.clear();
  }

  void operator()(const wait_timed_out& event) const {
    const std::string who{timeout_decides};
    switch (event.outcome) {
    case wait_outcome::approve:
      succeed(event.stage, answer_output(true, who, event.reason), event.at);
      return;
    case wait_outcome::reject:
      refuse(event.stage, answer_output(false, who, event.reason), event.at);
      return;
    case wait_outcome::skip:
      (*this)(stage_skipped{event.stage, who, event.reason, event.at});
      return;
    case wait_outcome::fail:
    case wait_outcome::undeclared:
      break;
    }
    finish(event.stage, stage_status::failed, event.at);
    auto& stage = it.stages[event.stage];
    stage.failure_code = errc::timed_out;
    stage.failure = event.reason;
    stage.failure_name = wait_timeout;
  }

  void operator()(const stage_slept& event) const {
    succeed(event.stage, {}, event.at);
  }

  void operator()(const step_recorded& event) const {
    step_memo memo;
    memo.event = it.event_count;
    memo.digest = fnv1a64(event.value);
    change(event.stage, [&](stage_state& stage) {
      stage.steps[event.name] = std::move(memo);
    });
  }

  void operator()(const attempt_suspended& event) const {
    step_memo memo;
    memo.kind = event.kind;
    memo.signal = event.signal;
    memo.since = event.at;
    memo.until = event.until;
    memo.over = false;
    change(event.stage, [&](stage_state& stage) {
      count_run(stage, event.at);
      stage.status = stage_status::waiting;
      stage.due = event.until;
      stage.suspended_in = event.name;
      stage.withdrawing = false;
      stage.steps[event.name] = std::move(memo);
    });
  }

  void operator()(const attempt_resumed& event) const {
    change(event.stage, [&](stage_state& stage) {
      auto& memo = stage.steps[stage.suspended_in];
      memo.over = true;
      memo.timed_out = memo.kind == step_kind::signal && event.signal == 0;
      if (event.signal != 0 && event.signal <= it.signals.size()) {
        auto& signal = it.signals[event.signal - 1];
        memo.event = signal.event;
        signal.taken_by = event.stage;
        signal.payload.clear();
      }
      stage.suspended_in.clear();
      stage.status = stage_status::running;
      stage.started = event.at;
      stage.due = event.deadline;
    });
  }

  void operator()(const experiment_awaited& event) const {
    auto& stage = it.stages[event.stage];
    stage.status = stage_status::waiting;
    stage.attempt = event.attempt;
    stage.started = event.at;
    stage.due = {};
    stage.ended = {};
    stage.in_experiment = true;
  }

  void operator()(const experiment_decided& event) const {
    auto output = experiment_output(event.verdict);
    if (lets_pass(event.verdict))
      succeed(event.stage, std::move(output), event.at);
    else
      refuse(event.stage, std::move(output), event.at);
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
  succeed(const std::string& name, stage_result output, time_point at) const {
    finish(name, stage_status::succeeded, at, &output);
  }

  void
  refuse(const std::string& name, stage_result output, time_point at) const {
    finish(name, stage_status::refused, at, &output);
  }

  void set_back(const std::string& name) const {
    set_back(it.stages[name]);
    if (const auto units = it.fan_outs.find(name); units != it.fan_outs.end())
      units->second.reset();
  }

  /// The stage goes on with its other units as they are.
  void set_unit_back(const std::string& stage, const std::string& unit) const {
    change(unit, [](stage_state& state) { set_back(state); });
    auto& state = it.stages[stage];
    const auto started = state.started;
    set_back(state);
    state.status = stage_status::fanned_out;
    state.started = started;
  }

  void finish(
    const std::string& name, stage_status status, time_point at,
    const stage_result* output = nullptr) const {
    change(name, [&](stage_state& stage) {
      count_run(stage, at);
      stage.status = status;
      stage.due = {};
      stage.ended = at;
      stage.suspended_in.clear();
      stage.withdrawing = false;
      if (output != nullptr)
        stage.output = *output;
      if (status == stage_status::succeeded)
        stage.success_index = it.event_count;
    });
  }

  /// Changes a stage, or a unit and the account of it.
  template <class Edit>
  void change(const std::string& name, Edit edit) const {
    const auto ref = parse_unit(name);
    if (!ref.index) {
      edit(it.stages[name]);
      return;
    }
    const auto found = it.fan_outs.find(ref.stage);
    if (found == it.fan_outs.end() || *ref.index >= found->second.units.size())
      return;
    auto& unit = found->second.units[*ref.index];
    const auto before = unit.status;
    edit(unit);
    found->second.account(*ref.index, before);
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

const stage_state* iteration::find(const std::string& unit) const {
  const auto ref = parse_unit(unit);
  if (!ref.index) {
    const auto found = stages.find(unit);
    return found == stages.end() ? nullptr : &found->second;
  }
  const auto found = fan_outs.find(ref.stage);
  return found == fan_outs.end() || *ref.index >= found->second.units.size()
    ? nullptr
    : &found->second.units[*ref.index];
}

version_number iteration::version() const {
  // Versions count up, so the highest is the last one registered.
  version_number last;
  for (const auto& [name, stage] : stages)
    last = std::max(last, stage.output.version);
  return last;
}

std::vector<time_point> iteration::running_since() const {
  std::vector<time_point> since;
  const auto take = [&since](const stage_state& state) {
    if (state.status == stage_status::running)
      since.push_back(state.started);
  };
  for (const auto& [name, stage] : stages)
    take(stage);
  for (const auto& [name, items] : fan_outs)
    for (const auto index : items.under_way)
      take(items.units[index]);
  return since;
}

iteration_summary summarize(const iteration& it) {
  return {
    it.start,
    it.outcome,
    it.ended,
    it.version(),
    it.end_reason.empty() ? latest_sentence(it) : it.end_reason,
    it.ran,
    it.paused.has_value(),
    it.labels};
}

} // namespace ratchet::workflows
