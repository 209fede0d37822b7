#include "api/views.hpp"

namespace ratchet::api {
namespace {

void write_report(json_writer& to, const workflows::condition_report& report) {
  to.begin_object()
    .field("kind", kind_name(report.kind))
    .field("condition", report.text)
    .field("holds", report.holds)
    .field("armed", report.armed)
    .field("sentence", report.sentence);
  time_field(to, "due", report.due);
  if (!report.children.empty()) {
    to.key("of").begin_array();
    for (const auto& child : report.children)
      write_report(to, child);
    to.end_array();
  }
  to.end_object();
}

void write_queued(
  json_writer& to, const std::optional<workflows::start_queued>& queued) {
  to.key("queued");
  if (!queued) {
    to.null();
    return;
  }
  to.begin_object().field("reason", queued->reason);
  time_field(to, "at", queued->at);
  to.field("data_to", queued->data_to.value).end_object();
}

void write_budgets(
  json_writer& to, const workflows::trigger_policy& policy,
  const workflows::trigger_state& state,
  const workflows::trigger_inputs& inputs, time_point now) {
  to.key("budget");
  if (policy.budget.starts == 0) {
    to.null();
  } else {
    std::uint64_t used = 0;
    for (const auto start : state.starts)
      used += start + policy.budget.window > now ? 1U : 0U;
    to.begin_object()
      .field("starts", std::uint64_t{policy.budget.starts})
      .field("window_ms", policy.budget.window.count())
      .field("used", used)
      .end_object();
  }
  to.key("compute_budget");
  if (policy.compute.running == duration{0}) {
    to.null();
    return;
  }
  auto used = inputs.in_flight;
  for (const auto& spent : state.spent)
    if (spent.at + policy.compute.window > now)
      used += spent.ran;
  to.begin_object()
    .field("running_ms", policy.compute.running.count())
    .field("window_ms", policy.compute.window.count())
    .field("used_ms", used.count())
    .field("in_flight_ms", inputs.in_flight.count())
    .end_object();
}

} // namespace

std::string_view kind_name(workflows::condition_kind kind) {
  switch (kind) {
  case workflows::condition_kind::feedback_count:
    return "feedback_count";
  case workflows::condition_kind::every:
    return "every";
  case workflows::condition_kind::any_of:
    return "any_of";
  case workflows::condition_kind::all_of:
    return "all_of";
  case workflows::condition_kind::at_least_of:
    return "at_least_of";
  case workflows::condition_kind::cron:
    return "cron";
  case workflows::condition_kind::champion_age:
    return "champion_age";
  case workflows::condition_kind::webhook:
    return "webhook";
  case workflows::condition_kind::promoted:
    return "promoted";
  case workflows::condition_kind::drop:
    return "drop";
  case workflows::condition_kind::area:
    return "area";
  case workflows::condition_kind::rolled_back:
    return "rolled_back";
  }
  return {};
}

std::string_view policy_name(workflows::when_busy busy) {
  switch (busy) {
  case workflows::when_busy::coalesce:
    return "coalesce";
  case workflows::when_busy::skip:
    return "skip";
  case workflows::when_busy::queue_one:
    return "queue_one";
  }
  return {};
}

void write_triggers(
  json_writer& to, const workflows::loop_definition& definition,
  const workflows::loop_state& state, const workflows::trigger_inputs& inputs,
  time_point now) {
  const auto& policy = definition.trigger;
  const auto verdict = workflows::evaluate(policy, state.trigger, inputs, now);
  to.begin_object()
    .field("loop", definition.name)
    .field("paused", state.paused)
    .field("running", std::uint64_t{state.running.size()})
    .field("max_in_flight", std::uint64_t{definition.max_in_flight})
    .field("busy", policy_name(policy.busy))
    .field("outcome", workflows::to_string(verdict.outcome))
    .field("sentence", verdict.sentence);
  time_field(
    to, "look_again", workflows::next_look(definition, state, inputs, now));
  time_field(to, "last_start", state.trigger.last_start);
  time_field(to, "last_end", state.trigger.last_end);
  to.key("condition");
  if (policy.condition)
    write_report(
      to, workflows::examine(*policy.condition, state.trigger, inputs, now));
  else
    to.null();
  to.field("minimum", policy.minimum)
    .field("cooldown_ms", policy.cooldown.count());
  write_budgets(to, policy, state.trigger, inputs, now);
  write_queued(to, state.queued);
  to.end_object();
}

} // namespace ratchet::api
