#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "api/views.hpp"
#include "formats/area_json.hpp"
#include "storage/loop_journal.hpp"

#include <optional>
#include <string_view>
#include <variant>

namespace ratchet::api {
namespace {

/// The last look that was recorded for a metric; nothing: none was.
result<std::optional<workflows::areas_looked>> last_look(
  const api_context& context, loop_number loop,
  const workflows::loop_state& state, const std::string& metric) {
  const auto mark = state.areas.find(metric);
  if (mark == state.areas.end())
    return std::optional<workflows::areas_looked>{};
  auto events = context.node.journal().loop_events(loop, mark->second.event, 1);
  if (!events)
    return events.err();
  auto* looked = events->empty()
    ? nullptr
    : std::get_if<workflows::areas_looked>(&events->front());
  if (looked == nullptr)
    return error{
      errc::corruption,
      "event " + std::to_string(mark->second.event) + " of loop number " +
        std::to_string(loop.value) +
        " is no look for areas, as the loop's state says"};
  return std::optional{std::move(*looked)};
}

std::string_view
state_of(const std::optional<workflows::areas_looked>& looked) {
  if (!looked)
    return "not_looked";
  if (looked->look.rows == 0)
    return "no_data";
  return looked->look.areas.empty() ? "none" : "found";
}

result<void> write_areas(
  json_writer& to, const api_context& context, const known_loop& loop,
  const workflows::loop_state& state, const workflows::area_options& options) {
  const auto looked = last_look(context, loop.number, state, options.metric);
  if (!looked)
    return looked.err();
  const auto first_seen = state.trigger.first_seen;
  const auto due =
    workflows::look_due(options, first_seen, context.clock.now());
  to.begin_object().field("metric", options.metric).key("by").begin_array();
  for (const auto& name : workflows::attributes_of(*loop.definition, options))
    to.value(name);
  to.end_array().field("every_ms", options.every.count());
  time_field(
    to, "next_look",
    first_seen == time_point{} ? time_point{}
                               : due.value_or(first_seen) + options.every);
  to.field("state", state_of(*looked));
  if (!*looked) {
    to.field(
        "sentence", options.metric + " has not been looked at for areas yet")
      .field("current", false)
      .key("look")
      .null()
      .end_object();
    return {};
  }
  to.field("sentence", (*looked)->sentence)
    .field("current", state.trigger.areas.contains(options.metric))
    .field("event", state.areas.at(options.metric).event);
  time_field(to, "at", (*looked)->at);
  to.key("look");
  formats::write_area_look(to, (*looked)->look);
  to.end_object();
  return {};
}

} // namespace

response get_areas(api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return error_response(loop.err());
  const auto state = context.node.journal().load_state(loop->number);
  if (!state)
    return error_response(state.err());
  response out;
  json_writer to{out.body};
  to.begin_object().field("loop", loop->name).key("areas").begin_array();
  for (const auto& options : loop->definition->areas)
    if (auto written = write_areas(to, context, *loop, *state, options);
        !written)
      return error_response(written.err());
  to.end_array().end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
