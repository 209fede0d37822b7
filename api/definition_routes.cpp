#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "api/views.hpp"
#include "storage/loop_journal.hpp"
#include "workflows/describe.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ratchet::api {
namespace {

using storage::stored_definition;

struct loaded_definitions {
  known_loop loop;
  std::vector<stored_definition> all; ///< The one hosted last at the end.
};

result<loaded_definitions>
load(const api_context& context, const request& request) {
  auto loop = known_loop_of(context, request);
  if (!loop)
    return loop.err();
  auto all = context.node.journal().definitions(loop->number);
  if (!all)
    return all.err();
  return loaded_definitions{std::move(*loop), std::move(*all)};
}

result<loaded_definitions>
load_without_query(const api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return read.err();
  return load(context, request);
}

/// How many iterations run under each. Reads one summary for each that runs.
result<std::map<std::string, std::uint64_t>>
count_in_flight(const api_context& context, loop_number loop) {
  const auto& journal = context.node.journal();
  const auto state = journal.load_state(loop);
  if (!state)
    return state.err();
  std::map<std::string, std::uint64_t> out;
  for (const auto number : state->running) {
    const auto summary = journal.load_summary(loop, number);
    if (!summary)
      return summary.err();
    ++out[summary->start.fingerprint];
  }
  return out;
}

/// The one that `prefix` begins the fingerprint of.
result<const stored_definition*>
find(const loaded_definitions& in, const std::string& prefix) {
  const stored_definition* found = nullptr;
  for (const auto& each : in.all) {
    if (!each.fingerprint.starts_with(prefix))
      continue;
    if (found != nullptr)
      return error{
        errc::invalid_argument,
        "several definitions of loop \"" + in.loop.name + "\" begin with " +
          prefix + "; give more of the fingerprint"};
    found = &each;
  }
  if (found == nullptr || prefix.empty())
    return error{
      errc::not_found,
      "loop \"" + in.loop.name + "\" has had no definition \"" + prefix +
        "\"; list them with GET /v1/loops/" + in.loop.name + "/definitions"};
  return found;
}

/// What to compare: those named, else the last two.
struct compared {
  const stored_definition* from = nullptr;
  const stored_definition* to = nullptr;
};

result<compared> choose(
  const loaded_definitions& in, const std::string& from,
  const std::string& to) {
  if (in.all.size() < 2 && (from.empty() || to.empty()))
    return error{
      errc::failed_condition,
      "loop \"" + in.loop.name + "\" has had only one definition so far"};
  compared out;
  if (!from.empty()) {
    const auto found = find(in, from);
    if (!found)
      return found.err();
    out.from = *found;
  }
  if (to.empty()) {
    out.to = &in.all.back();
  } else {
    const auto found = find(in, to);
    if (!found)
      return found.err();
    out.to = *found;
  }
  if (out.from == nullptr) {
    // The one hosted before `to`; of the first there is none, so the next.
    const auto place = static_cast<std::size_t>(out.to - in.all.data());
    out.from = &in.all[place == 0 ? 1 : place - 1];
  }
  return out;
}

} // namespace

response get_definitions(api_context& context, const request& request) {
  const auto loaded = load_without_query(context, request);
  if (!loaded)
    return error_response(loaded.err());
  const auto in_flight = count_in_flight(context, loaded->loop.number);
  if (!in_flight)
    return error_response(in_flight.err());
  const auto now_hosted = loaded->loop.hosted
    ? workflows::fingerprint(*loaded->loop.definition)
    : std::string{};
  response out;
  json_writer to{out.body};
  to.begin_object().key("definitions").begin_array();
  for (auto at = loaded->all.rbegin(); at != loaded->all.rend(); ++at) {
    const auto count = in_flight->find(at->fingerprint);
    to.begin_object().field("fingerprint", at->fingerprint);
    time_field(to, "first_hosted", at->dates ? at->dates->first : time_point{});
    time_field(to, "last_hosted", at->dates ? at->dates->last : time_point{});
    to.field("hosted", at->fingerprint == now_hosted)
      .field("in_flight", count == in_flight->end() ? 0 : count->second)
      .end_object();
  }
  to.end_array().end_object();
  out.body += '\n';
  return out;
}

response get_definition(api_context& context, const request& request) {
  const auto loaded = load_without_query(context, request);
  if (!loaded)
    return error_response(loaded.err());
  const auto found = find(*loaded, request.parameters.values[1]);
  if (!found)
    return error_response(found.err());
  response out;
  json_writer to{out.body};
  to.begin_object()
    .field("fingerprint", (*found)->fingerprint)
    .key("definition");
  write_definition(to, (*found)->definition);
  to.key("settings").begin_array();
  for (const auto& each : workflows::describe((*found)->definition))
    if (!each.name.empty())
      to.begin_object()
        .field("place", each.place)
        .field("name", each.name)
        .field("value", each.value)
        .end_object();
  to.end_array().end_object();
  out.body += '\n';
  return out;
}

response get_definition_diff(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto from = query.text("from");
  const auto until = query.text("to");
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loaded = load(context, request);
  if (!loaded)
    return error_response(loaded.err());
  const auto chosen = choose(*loaded, from, until);
  if (!chosen)
    return error_response(chosen.err());
  response out;
  json_writer to{out.body};
  to.begin_object()
    .field("from", chosen->from->fingerprint)
    .field("to", chosen->to->fingerprint)
    .key("changes")
    .begin_array();
  for (const auto& each : workflows::differences(
         chosen->from->definition, chosen->to->definition)) {
    to.begin_object().field("place", each.place).field("name", each.name);
    to.field("before", each.before);
    to.field("after", each.after);
    to.end_object();
  }
  to.end_array().end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
