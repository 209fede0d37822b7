#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/router.hpp"
#include "api/trigger_inputs.hpp"
#include "api/views.hpp"
#include "base/bytes.hpp"
#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t longest_key = 128;

/// A key of printable characters, so that it can be shown and compared.
result<std::string> key_of(const request& request) {
  const auto key = request.header("Idempotency-Key");
  const bool printable = std::all_of(
    key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (key.size() > longest_key || !printable)
    return error{
      errc::invalid_argument,
      "the Idempotency-Key is no key; give 1 to " +
        std::to_string(longest_key) + " printable characters without blanks"};
  return std::string{key};
}

result<actors::webhook_call> read_call(const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return read.err();
  auto key = key_of(request);
  if (!key)
    return key.err();
  if (!is_valid_utf8(request.body))
    return error{
      errc::invalid_argument,
      "the payload is not UTF-8 text; send JSON, or encode it as base64"};
  return actors::webhook_call{
    request.parameters.values[1], std::move(*key), std::string{request.body}};
}

response accepted(const actors::operator_answer& answer) {
  response out;
  out.status = 202;
  json_writer to{out.body};
  to.begin_object()
    .field("event", answer.event)
    .field("duplicate", !answer.changed)
    .end_object();
  out.body += '\n';
  return out;
}

} // namespace

void post_webhook(
  api_context& context, const request& request, responder respond) {
  const auto loop = hosted_loop(context, request);
  if (!loop)
    return respond(error_response(loop.err()));
  auto call = read_call(request);
  if (!call)
    return respond(error_response(call.err()));
  actors::operator_request wish;
  wish.verb = actors::operator_verb::webhook;
  wish.loop = (*loop)->name;
  wish.hook = std::move(*call);
  context.node.request(
    std::move(wish), [respond](result<actors::operator_answer> answer) {
      respond.later([answer = std::move(answer)] {
        return answer ? accepted(*answer) : error_response(answer.err());
      });
    });
}

response get_triggers(api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto definition = hosted_loop(context, request);
  if (!definition)
    return error_response(definition.err());
  const auto& journal = context.node.journal();
  const auto number = journal.find_loop((*definition)->name);
  if (!number)
    return error_response(number.err());
  const auto state = journal.load_state(*number);
  if (!state)
    return error_response(state.err());
  const auto monitor = storage::load_monitor(context.node.store(), *number);
  if (!monitor)
    return error_response(monitor.err());
  const auto inputs =
    read_trigger_inputs(context, **definition, *state, *number, *monitor);
  if (!inputs)
    return error_response(inputs.err());
  response out;
  json_writer to{out.body};
  write_triggers(to, **definition, *state, *inputs, context.clock.now());
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
