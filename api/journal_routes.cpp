#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/loaded_iteration.hpp"
#include "api/views.hpp"
#include "formats/journal_export.hpp"
#include "workflows/timeline.hpp"

#include <utility>

/// What an iteration's journal tells: its events, the time they took, and the
/// journal itself as a file.

namespace ratchet::api {
namespace {

result<loaded_iteration>
load_without_query(const api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return read.err();
  return load_iteration(context, request);
}

} // namespace

response get_iteration_events(api_context& context, const request& request) {
  const auto loaded = load_without_query(context, request);
  if (!loaded)
    return error_response(loaded.err());
  response out;
  json_writer to{out.body};
  to.begin_object().key("events").begin_array();
  std::uint64_t index = 0;
  for (const auto& event : loaded->events)
    write_event(to, index++, event);
  to.end_array().end_object();
  out.body += '\n';
  return out;
}

response get_timeline(api_context& context, const request& request) {
  const auto loaded = load_without_query(context, request);
  if (!loaded)
    return error_response(loaded.err());
  response out;
  json_writer to{out.body};
  write_timeline(
    to, loaded->plan, loaded->state, loaded->rolled_back, loaded->events);
  out.body += '\n';
  return out;
}

response get_iteration_export(api_context& context, const request& request) {
  const auto loaded = load_without_query(context, request);
  if (!loaded)
    return error_response(loaded.err());
  const auto& start = loaded->state.start;
  formats::export_block block{0};
  block.head("iteration", loaded->loop);
  std::string view;
  json_writer definition{view};
  write_definition(definition, loaded->plan);
  block.definition(start.fingerprint, loaded->plan, view);
  block.iteration(start.number, start.fingerprint);
  std::uint64_t index = 0;
  for (const auto& event : loaded->events) {
    view.clear();
    json_writer to{view};
    write_event(to, index++, event);
    block.event(event, view);
  }
  response out;
  out.content_type = "application/x-ndjson";
  out.body = std::move(block).close(true);
  return out;
}

} // namespace ratchet::api
