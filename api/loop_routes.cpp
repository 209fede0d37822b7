#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "api/trigger_inputs.hpp"
#include "api/views.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"
#include "storage/registry.hpp"

#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t recent_iterations = 10;
constexpr std::size_t default_page = 50;
constexpr std::size_t max_page = 500;

/// A loop that the path names, and what is stored of it.
struct loaded_loop : known_loop {
  workflows::loop_state state;
};

result<loaded_loop> load(const api_context& context, result<known_loop> known) {
  if (!known)
    return known.err();
  auto state = context.node.journal().load_state(known->number);
  if (!state)
    return state.err();
  return loaded_loop{std::move(*known), std::move(*state)};
}

result<loaded_loop> load(const api_context& context, const request& request) {
  return load(context, known_loop_of(context, request));
}

/// Only for routes without parameters.
result<void> no_query(const request& request) {
  query_reader query{request.query};
  return query.finish();
}

result<void> write_head(
  json_writer& to, const api_context& context, const loaded_loop& loop) {
  const auto& state = loop.state;
  to.field("name", loop.name)
    .field("fingerprint", workflows::fingerprint(*loop.definition))
    .field("orphaned", !loop.hosted)
    .field("archived", state.archived)
    .field("paused", state.paused)
    .field(
      "open_alarms",
      workflows::open_alarms(state, workflows::drop_level::alarm));
  number_field(to, "champion", state.champion.value);
  number_field(to, "previous", state.previous.value);
  number_field(to, "promoted_by", state.promoted_by.value);
  number_field(to, "last_version", state.last_version.value);
  number_field(to, "last_iteration", state.last_iteration.value);
  const auto& history = context.node.history();
  to.field("events", history.end(loop.number).value)
    .field("first_event", history.first(loop.number).value);
  const auto bytes = history.stored_bytes(loop.number);
  if (!bytes)
    return bytes.err();
  to.field("stored_bytes", *bytes);
  return {};
}

/// Why the champion is what it is.
result<void> write_moved(
  json_writer& to, const api_context& context, const loaded_loop& loop) {
  to.key("champion_moved");
  const auto alias = context.node.registry().alias(
    loop.number, std::string{storage::champion_alias});
  if (!alias && alias.err().code == errc::not_found) {
    to.null();
    return {};
  }
  if (!alias)
    return alias.err();
  to.begin_object();
  time_field(to, "at", alias->moved_at);
  number_field(to, "from", alias->previous.value);
  to.field("who", alias->who).field("reason", alias->reason).end_object();
  return {};
}

/// Iterations that run, with their stages and how far those are.
result<void> write_running(
  json_writer& to, const api_context& context, const loaded_loop& loop,
  const std::string& base) {
  const auto& journal = context.node.journal();
  to.key("running").begin_array();
  for (const auto number : loop.state.running) {
    const auto summary = journal.load_summary(loop.number, number);
    if (!summary)
      return summary.err();
    const auto plan =
      journal.load_definition(loop.number, summary->start.fingerprint);
    if (!plan)
      return plan.err();
    const auto iteration = journal.load_iteration(loop.number, number, *plan);
    if (!iteration)
      return iteration.err();
    const auto rolled_back =
      context.node.registry().rollback_of(loop.number, iteration->version());
    if (!rolled_back)
      return rolled_back.err();
    write_iteration(
      to, *plan, *iteration, *rolled_back, {},
      context.node.progress(loop.name, number), context.node.slots(), base);
  }
  to.end_array();
  return {};
}

result<void> write_recent(
  json_writer& to, const api_context& context, const loaded_loop& loop) {
  const auto recent =
    context.node.journal().summaries(loop.number, {}, recent_iterations);
  if (!recent)
    return recent.err();
  to.key("iterations").begin_array();
  for (const auto& summary : *recent)
    write_summary(to, summary);
  to.end_array();
  return {};
}

} // namespace

response get_loops(api_context& context, const request& request) {
  query_reader query{request.query};
  const bool all = query.text("all") == "true";
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto names = context.node.journal().loops();
  if (!names)
    return error_response(names.err());
  response out;
  json_writer to{out.body};
  to.begin_object().key("loops").begin_array();
  for (const auto& [name, number] : *names) {
    const auto loop = load(context, known_loop_of(context, name));
    if (!loop)
      return error_response(loop.err());
    if (loop->state.archived && !all)
      continue;
    to.begin_object();
    if (auto head = write_head(to, context, *loop); !head)
      return error_response(head.err());
    to.key("running").begin_array();
    for (const auto running : loop->state.running)
      to.value(running.value);
    to.end_array().end_object();
  }
  to.end_array().end_object();
  out.body += '\n';
  return out;
}

response get_loop(api_context& context, const request& request) {
  if (auto read = no_query(request); !read)
    return error_response(read.err());
  const auto loop = load(context, request);
  if (!loop)
    return error_response(loop.err());
  const auto monitor =
    storage::load_monitor(context.node.store(), loop->number);
  if (!monitor)
    return error_response(monitor.err());
  const auto inputs = read_trigger_inputs(
    context, *loop->definition, loop->state, loop->number, *monitor);
  if (!inputs)
    return error_response(inputs.err());
  response out;
  json_writer to{out.body};
  to.begin_object();
  if (auto head = write_head(to, context, *loop); !head)
    return error_response(head.err());
  if (auto moved = write_moved(to, context, *loop); !moved)
    return error_response(moved.err());
  to.key("probation");
  write_probation(to, loop->state, context.clock.now());
  to.key("definition");
  write_definition(to, *loop->definition);
  to.key("trigger");
  write_trigger(
    to, *loop->definition, loop->state, *inputs, context.clock.now());
  to.key("metrics");
  write_metrics(
    to, *loop->definition, monitor->metrics, nullptr, loop->state.champion,
    {.slices = false}, context.clock.now());
  const auto base = base_url(context, request);
  if (auto written = write_running(to, context, *loop, base); !written)
    return error_response(written.err());
  if (auto written = write_recent(to, context, *loop); !written)
    return error_response(written.err());
  to.end_object();
  out.body += '\n';
  return out;
}

response get_decisions(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto from = query.number("from", 0, UINT64_MAX);
  const auto limit =
    static_cast<std::size_t>(query.number("limit", default_page, max_page));
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loop = load(context, request);
  if (!loop)
    return error_response(loop.err());
  const auto events =
    context.node.journal().loop_events(loop->number, from, limit);
  if (!events)
    return error_response(events.err());
  response out;
  json_writer to{out.body};
  to.begin_object().key("decisions").begin_array();
  auto index = from;
  for (const auto& event : *events)
    write_event(to, index++, event);
  to.end_array().field("total", loop->state.event_count);
  to.key("next");
  if (!events->empty() && index < loop->state.event_count)
    to.value(index);
  else
    to.null();
  to.end_object();
  out.body += '\n';
  return out;
}

response get_versions(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto before = query.number("before", 0, UINT64_MAX);
  const auto limit =
    static_cast<std::size_t>(query.number("limit", default_page, max_page));
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loop = load(context, request);
  if (!loop)
    return error_response(loop.err());
  auto page = context.node.registry().versions(
    loop->number, version_number{before}, limit + 1);
  if (!page)
    return error_response(page.err());
  const bool more = page->size() > limit;
  if (more)
    page->resize(limit);
  const auto base = base_url(context, request);
  const auto& registry = context.node.registry();
  response out;
  json_writer to{out.body};
  to.begin_object();
  number_field(to, "champion", loop->state.champion.value);
  to.key("versions").begin_array();
  for (const auto& version : *page) {
    const auto rolled_back = registry.rollback_of(loop->number, version.number);
    if (!rolled_back)
      return error_response(rolled_back.err());
    write_version(to, version, loop->state.champion, *rolled_back, base);
  }
  to.end_array();
  number_field(
    to, "next_before", more && !page->empty() ? page->back().number.value : 0);
  to.end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
