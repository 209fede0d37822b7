#include "actors/client.hpp"
#include "api/body_reader.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/monitored_loop.hpp"
#include "api/operator_wish.hpp"
#include "api/router.hpp"
#include "api/views.hpp"
#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"

#include <utility>
#include <variant>

namespace ratchet::api {
namespace {

/// One metric that is watched, and what is so now.
void write_watch(
  json_writer& to, const std::string& condition,
  const workflows::watched_drop& drop, const workflows::loop_state& state,
  const storage::monitor_state& monitor,
  const workflows::trigger_inputs& inputs) {
  const auto* reading =
    workflows::current_reading(state.trigger, inputs, condition);
  to.begin_object()
    .field("condition", condition)
    .field("metric", drop.metric)
    .field(
      "level",
      workflows::to_string(
        reading == nullptr ? workflows::drop_level::calm : reading->level))
    .field(
      "state",
      reading == nullptr || reading->observations == 0 ? "no_data" : "data")
    .field(
      "sentence", workflows::drop_sentence(drop.metric, drop.rule, reading))
    .key("rule");
  write_drop_rule(to, drop.rule);
  to.key("reading");
  if (reading == nullptr) {
    to.null().key("evidence_now_days").null().field("unusable", 0);
  } else {
    const auto& watch = monitor.drops.all.at(condition);
    write_reading(to, *reading);
    to.field("evidence_now_days", analysis::evidence(watch))
      .field("unusable", watch.unusable);
  }
  to.end_object();
}

/// How an alarm ended.
struct end_writer {
  json_writer& to;

  void operator()(const workflows::alarm_acknowledged& e) const {
    to.field("state", "acknowledged");
    ended(e.at, e.who, e.reason);
  }
  void operator()(const workflows::champion_moved& e) const {
    to.field("state", e.alarm ? "rolled_back" : "superseded");
    ended(e.at, e.who, e.reason);
  }
  template <class Other>
  void operator()(const Other&) const {
    to.field("state", "unknown");
  }

private:
  void ended(
    time_point at, const std::string& who, const std::string& reason) const {
    time_field(to, "ended", at);
    to.field("who", who).field("reason", reason);
  }
};

result<workflows::loop_event> event_at(
  const storage::loop_journal& journal, loop_number loop,
  std::uint64_t number) {
  auto events = journal.loop_events(loop, number, 1);
  if (!events)
    return events.err();
  if (events->empty())
    return error{
      errc::corruption,
      "loop number " + std::to_string(loop.value) + " has no event " +
        std::to_string(number)};
  return std::move(events->front());
}

result<void> write_alarm(
  json_writer& to, const storage::loop_journal& journal, loop_number loop,
  const workflows::alarm_mark& mark) {
  const auto event = event_at(journal, loop, mark.event);
  if (!event)
    return event.err();
  const auto* raised = std::get_if<workflows::drop_raised>(&*event);
  if (raised == nullptr)
    return error{
      errc::corruption,
      "event " + std::to_string(mark.event) + " of loop number " +
        std::to_string(loop.value) + " is no alarm, as the loop's state says"};
  to.begin_object()
    .field("alarm", mark.event)
    .field("level", workflows::to_string(mark.level))
    .field("condition", mark.condition)
    .field("metric", raised->metric);
  time_field(to, "raised", raised->at);
  to.field("sentence", raised->sentence).key("reading");
  write_reading(to, raised->reading);
  if (!mark.closed) {
    to.field("state", "open");
  } else {
    const auto end = event_at(journal, loop, *mark.closed);
    if (!end)
      return end.err();
    std::visit(end_writer{to}, *end);
  }
  to.end_object();
  return {};
}

} // namespace

response get_alarms(api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loop = monitored_loop_of(context, request);
  if (!loop)
    return error_response(loop.err());
  const auto& state = loop->state;
  const auto& journal = context.node.journal();
  const auto inputs = storage::inputs_of(loop->monitor);
  response out;
  json_writer to{out.body};
  to.begin_object().field("loop", loop->name).key("watched").begin_array();
  for (const auto& [condition, drop] :
       workflows::watched_drops(*loop->definition))
    write_watch(to, condition, drop, state, loop->monitor, inputs);
  to.end_array().key("alarms").begin_array();
  for (auto mark = state.alarms.rbegin(); mark != state.alarms.rend(); ++mark)
    if (auto written = write_alarm(to, journal, loop->number, *mark); !written)
      return error_response(written.err());
  to.end_array().end_object();
  out.body += '\n';
  return out;
}

void post_acknowledge(
  api_context& context, const request& request, responder respond) {
  const auto refuse = [&](const error& e) { respond(error_response(e)); };
  const auto loop = hosted_loop(context, request);
  if (!loop)
    return refuse(loop.err());
  const auto number = number_of_path(request, "an alarm");
  if (!number)
    return refuse(number.err());
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return refuse(read.err());
  actors::operator_request wish;
  wish.verb = actors::operator_verb::acknowledge;
  wish.alarm = *number;
  body_reader body{request.body};
  read_wish(body, **loop, {.reason = true}, wish);
  if (auto read = body.finish(); !read)
    return refuse(read.err());
  carry_out(context, std::move(wish), std::move(respond));
}

} // namespace ratchet::api
