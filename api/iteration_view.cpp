#include "api/detail/attempt_view.hpp"
#include "api/views.hpp"
#include "workflows/timeline.hpp"
#include "workflows/wait_list.hpp"

#include <algorithm>
#include <optional>

namespace ratchet::api {
namespace {

using workflows::attempts_by_stage;

void write_progress(
  json_writer& to,
  const std::map<std::string, actors::attempt_progress>& progress,
  const std::string& stage) {
  const auto found = progress.find(stage);
  to.key("progress");
  if (found == progress.end())
    to.null();
  else
    to.begin_object()
      .field("done", found->second.done)
      .field("note", found->second.note)
      .end_object();
}

/// Which slots a queued stage waits for; null for the others.
void write_slot(
  json_writer& to, const workflows::stage_state& state,
  const std::string& label, const std::vector<workflows::pool_view>& pools) {
  to.key("slot");
  if (state.status != workflows::stage_status::queued || pools.empty()) {
    to.null();
    return;
  }
  const auto own =
    std::find_if(pools.begin(), pools.end(), [&](const auto& pool) {
      return pool.label == label;
    });
  const auto& pool = own == pools.end() ? pools.front() : *own;
  to.begin_object()
    .field("label", pool.label)
    .field("slots", pool.slots)
    .field("held", pool.held)
    .field("waiting", pool.waiting)
    .end_object();
}

/// What a waiting stage waits for; null for the others.
void write_wait(json_writer& to, const workflows::wait_info* wait) {
  to.key("wait");
  if (wait == nullptr) {
    to.null();
    return;
  }
  to.begin_object()
    .field("kind", workflows::to_string(wait->kind))
    .field_unless_empty("signal", wait->signal)
    .field_unless_empty("runs", wait->runs)
    .field_unless_empty("then", wait->then)
    .end_object();
}

void write_signals(
  json_writer& to, const std::vector<workflows::kept_signal>& signals) {
  to.key("signals").begin_array();
  for (const auto& signal : signals) {
    to.begin_object()
      .field("signal", signal.signal)
      .field("id", signal.id)
      .field("who", signal.who);
    time_field(to, "at", signal.at);
    to.key("taken_by");
    if (signal.taken_by.empty())
      to.null();
    else
      to.value(signal.taken_by);
    to.end_object();
  }
  to.end_array();
}

struct stage_writer {
  json_writer& to;
  const workflows::iteration& iteration;
  attempts_by_stage attempts;
  const std::map<std::string, actors::attempt_progress>& progress;
  const std::vector<workflows::pool_view>& pools;
  const std::string& base_url;
  std::vector<workflows::wait_info> waits;

  [[nodiscard]] const workflows::wait_info*
  wait_of(const std::string& stage) const {
    for (const auto& wait : waits)
      if (wait.stage == stage)
        return &wait;
    return nullptr;
  }

  /// `cleanup` is empty for a stage of the graph.
  void stage(
    const workflows::stage_definition& definition, std::string_view cleanup) {
    const auto& name = definition.name;
    const auto found = iteration.stages.find(name);
    const auto state = found == iteration.stages.end()
      ? workflows::stage_state{}
      : found->second;
    to.begin_object().field("name", name);
    if (cleanup.empty())
      to.key("cleanup").null();
    else
      to.field("cleanup", cleanup);
    to.field("status", workflows::to_string(state.status))
      .field("attempt", state.attempt)
      .field("failures", state.failures);
    time_field(to, "started", state.started);
    time_field(to, "due", state.due);
    time_field(to, "ended", state.ended);
    to.field("failure", state.failure)
      .field_unless_empty("failure_name", state.failure_name)
      .field("skipped_by", state.skipped_by)
      .field("skip_reason", state.skip_reason);
    detail::write_output(to, state.output, base_url);
    to.key("items");
    detail::write_items(to, definition, iteration, attempts, base_url);
    write_progress(to, progress, name);
    write_slot(to, state, definition.label, pools);
    write_wait(to, wait_of(name));
    to.key("attempts");
    detail::write_attempts(
      to, iteration.start.loop, iteration.start.number, name, attempts[name]);
    to.end_object();
  }
};

void write_pause(
  json_writer& to, const std::optional<workflows::pause_state>& paused) {
  if (!paused) {
    to.null();
    return;
  }
  to.begin_object();
  time_field(to, "since", paused->at);
  to.field("now", paused->at_once)
    .field("who", paused->who)
    .field("reason", paused->reason)
    .end_object();
}

void write_start(json_writer& to, const workflows::iteration_started& start) {
  to.field("number", start.number.value)
    .field("reason", start.reason)
    .field("fingerprint", start.fingerprint);
  number_field(to, "champion", start.champion.value);
  to.field("data_from", start.data_from.value)
    .field("data_to", start.data_to.value);
  write_rule(to, start.admits);
  time_field(to, "started", start.at);
}

} // namespace

void write_labels(
  json_writer& to, const std::map<std::string, std::string>& labels) {
  to.begin_object();
  for (const auto& [name, value] : labels)
    to.field(name, value);
  to.end_object();
}

void write_summary(
  json_writer& to, const workflows::iteration_summary& summary) {
  to.begin_object();
  write_start(to, summary.start);
  time_field(to, "ended", summary.ended);
  to.field("outcome", workflows::to_string(summary.outcome));
  number_field(to, "version", summary.version.value);
  to.field("verdict", summary.verdict)
    .field("paused", summary.paused)
    .key("labels");
  write_labels(to, summary.labels);
  to.end_object();
}

void write_iteration(
  json_writer& to, const workflows::loop_definition& plan,
  const workflows::iteration& iteration,
  const std::optional<storage::rollback_record>& rolled_back,
  const std::vector<workflows::iteration_event>& events,
  const std::map<std::string, actors::attempt_progress>& progress,
  const std::vector<workflows::pool_view>& pools, const std::string& base_url) {
  stage_writer writer{
    to,    iteration, workflows::attempts_of(events),      progress,
    pools, base_url,  workflows::waits_of(plan, iteration)};
  to.begin_object().field("loop", iteration.start.loop);
  write_start(to, iteration.start);
  time_field(to, "ended", iteration.ended);
  to.field("outcome", workflows::to_string(iteration.outcome))
    .field("cancel_requested", iteration.cancel_requested);
  // During cleanup the outcome is known before the end.
  to.key("ending");
  if (iteration.ending == workflows::iteration_outcome::running)
    to.null();
  else
    to.value(workflows::to_string(iteration.ending));
  to.field("end_reason", iteration.end_reason).key("paused");
  write_pause(to, iteration.paused);
  to.key("labels");
  write_labels(to, iteration.labels);
  number_field(to, "version", iteration.version().value);
  to.key("rolled_back");
  write_rollback(to, rolled_back);
  to.key("stages").begin_array();
  for (const auto& stage : plan.stages)
    writer.stage(stage, {});
  for (const auto& each : plan.cleanup)
    writer.stage(each.stage, workflows::to_string(each.kind));
  to.end_array();
  write_signals(to, iteration.signals);
  to.end_object();
}

} // namespace ratchet::api
