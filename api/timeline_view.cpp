#include "api/views.hpp"
#include "workflows/timeline.hpp"

namespace ratchet::api {
namespace {

void time_if_any(json_writer& to, std::string_view name, time_point value) {
  if (value != time_point{})
    time_field(to, name, value);
}

struct timeline_writer {
  json_writer& to;
  const workflows::iteration& iteration;
  workflows::attempts_by_stage attempts;

  /// `cleanup` is empty for a stage of the graph.
  void stage(const std::string& name, std::string_view cleanup) {
    const auto* state = iteration.find(name);
    const auto status =
      state == nullptr ? workflows::stage_status::pending : state->status;
    to.begin_object().field("name", name);
    if (cleanup.empty())
      to.key("cleanup").null();
    else
      to.field("cleanup", cleanup);
    to.field("status", workflows::to_string(status))
      .key("attempts")
      .begin_array();
    for (const auto& each : attempts[name])
      attempt(each);
    to.end_array().end_object();
  }

  /// A stage, then its units, which have the attempts.
  void stage_and_units(const std::string& name) {
    stage(name, {});
    const auto found = iteration.fan_outs.find(name);
    if (found == iteration.fan_outs.end())
      return;
    for (std::uint32_t i = 0; i < found->second.units.size(); ++i)
      if (const auto unit = workflows::unit_name(name, i);
          attempts.contains(unit))
        stage(unit, {});
  }

  void attempt(const workflows::attempt_record& each) {
    to.begin_object();
    number_field(to, "attempt", each.number);
    to.field("outcome", each.outcome);
    time_if_any(to, "queued", each.queued);
    time_if_any(to, "started", each.started);
    time_if_any(to, "ended", each.ended);
    time_if_any(to, "retry_at", each.retry_at);
    if (each.failure)
      to.field("code", to_string(each.failure->code))
        .field("message", each.failure->message)
        .field_unless_empty("name", each.failure->name);
    to.end_object();
  }
};

} // namespace

void write_timeline(
  json_writer& to, const workflows::loop_definition& plan,
  const workflows::iteration& iteration,
  const std::optional<storage::rollback_record>& rolled_back,
  const std::vector<workflows::iteration_event>& events) {
  timeline_writer writer{to, iteration, workflows::attempts_of(events)};
  to.begin_object()
    .field("loop", iteration.start.loop)
    .field("number", iteration.start.number.value);
  time_field(to, "started", iteration.start.at);
  time_field(to, "ended", iteration.ended);
  to.field("outcome", workflows::to_string(iteration.outcome))
    .field("end_reason", iteration.end_reason)
    .key("rolled_back");
  write_rollback(to, rolled_back);
  to.key("pauses").begin_array();
  for (const auto& pause : workflows::pauses_of(events)) {
    to.begin_object();
    time_field(to, "from", pause.from);
    time_field(to, "to", pause.to);
    to.field("now", pause.at_once)
      .field("who", pause.who)
      .field("reason", pause.reason)
      .end_object();
  }
  to.end_array().key("stages").begin_array();
  for (const auto& stage : plan.stages)
    writer.stage_and_units(stage.name);
  for (const auto& each : plan.cleanup)
    writer.stage(each.stage.name, workflows::to_string(each.kind));
  to.end_array().end_object();
}

} // namespace ratchet::api
