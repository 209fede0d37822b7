#include "actors/client.hpp"
#include "api/body_reader.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/views.hpp"
#include "storage/loop_journal.hpp"
#include "workflows/fan_out.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

/// What running attempts say of themselves, with a token of their own.

namespace ratchet::api {
namespace {

/// Of the values on one page.
constexpr std::size_t most_page_bytes = 1024 * 1024;

struct addressed_attempt {
  std::string id;
  attempt_name name;
};

result<addressed_attempt>
attempt_of_path(const api_context& context, const request& request) {
  const auto& id = request.parameters.values[0];
  auto name = workflows::read_unit_attempt_id(id);
  if (!name || !context.node.loops().contains(name->loop))
    return error{
      errc::not_found,
      "there is no attempt \"" + id + "\"; $RATCHET_ATTEMPT holds an id"};
  return addressed_attempt{id, std::move(*name)};
}

/// The stage of an attempt, and what it takes to read its journal.
struct attempt_state {
  loop_number loop;
  workflows::stage_state stage;
};

result<attempt_state>
load(const api_context& context, const addressed_attempt& attempt) {
  const auto& journal = context.node.journal();
  const auto loop = journal.find_loop(attempt.name.loop);
  if (!loop)
    return loop.err();
  const auto summary = journal.load_summary(*loop, attempt.name.iteration);
  if (!summary)
    return summary.err();
  const auto plan = journal.load_definition(*loop, summary->start.fingerprint);
  if (!plan)
    return plan.err();
  auto it = journal.load_iteration(*loop, attempt.name.iteration, *plan);
  if (!it)
    return it.err();
  const auto* found = it->find(attempt.name.stage);
  if (found == nullptr || found->attempt < attempt.name.attempt)
    return error{
      errc::not_found, "attempt \"" + attempt.id + "\" was never started"};
  return attempt_state{*loop, *found};
}

/// One that another has taken the place of is not to go on.
result<void>
check_current(const addressed_attempt& attempt, const attempt_state& state) {
  if (state.stage.attempt == attempt.name.attempt)
    return {};
  return error{
    errc::conflict,
    "attempt \"" + attempt.id + "\" was superseded by attempt " +
      std::to_string(state.stage.attempt) + "; end it"};
}

/// Why an attempt that is not known to run here does not: for good, or only
/// until the engine has taken it up again.
error why_silent(const api_context& context, const addressed_attempt& attempt) {
  const auto state = load(context, attempt);
  if (!state)
    return state.err();
  if (auto current = check_current(attempt, *state); !current)
    return current.err();
  if (state->stage.status == workflows::stage_status::running)
    return {
      errc::unavailable,
      "the engine has not taken attempt \"" + attempt.id +
        "\" up yet; try again"};
  return {
    errc::conflict,
    "attempt \"" + attempt.id + "\" does not run any more: its stage is " +
      std::string{workflows::to_string(state->stage.status)}};
}

response nothing_to_say() {
  response out;
  out.body = "{}\n";
  return out;
}

response answer_of(
  const api_context& context, const addressed_attempt& attempt,
  const result<void>& done) {
  if (done)
    return nothing_to_say();
  return error_response(
    done.err().code == errc::not_found ? why_silent(context, attempt)
                                       : done.err());
}

result<std::string> value_of(
  const api_context& context, const addressed_attempt& attempt,
  const attempt_state& state, const workflows::step_memo& memo) {
  auto event = context.node.journal().iteration_event(
    state.loop, attempt.name.iteration, memo.event);
  if (!event)
    return event.err();
  auto* recorded = std::get_if<workflows::step_recorded>(&*event);
  if (recorded == nullptr)
    return error{
      errc::corruption,
      "a step of attempt \"" + attempt.id + "\" is not where it was recorded"};
  return std::move(recorded->value);
}

/// The stage of the attempt that the path names, if that is its last one.
result<std::pair<addressed_attempt, attempt_state>>
load_current(const api_context& context, const request& request) {
  auto attempt = attempt_of_path(context, request);
  if (!attempt)
    return attempt.err();
  auto state = load(context, *attempt);
  if (!state)
    return state.err();
  if (auto current = check_current(*attempt, *state); !current)
    return current.err();
  return std::pair{std::move(*attempt), std::move(*state)};
}

} // namespace

/// The value is kept as JSON on one line, members in order: written in another
/// way it is the same value.
void put_step(api_context& context, const request& request, responder respond) {
  const auto refuse = [&](const error& e) { respond(error_response(e)); };
  const auto attempt = attempt_of_path(context, request);
  if (!attempt)
    return refuse(attempt.err());
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return refuse(read.err());
  const auto value = parse_json(request.body, "the body");
  if (!value)
    return refuse(value.err());
  actors::operator_request wish;
  wish.verb = actors::operator_verb::record_step;
  wish.loop = attempt->name.loop;
  wish.iteration = attempt->name.iteration;
  wish.stage = attempt->name.stage;
  wish.step = {
    attempt->name.attempt, request.parameters.values[1], to_text(*value)};
  context.node.request(
    std::move(wish), [respond](result<actors::operator_answer> answer) {
      respond.later([answer = std::move(answer)] {
        if (!answer)
          return error_response(answer.err());
        auto out = nothing_to_say();
        out.status = answer->changed ? 201 : 200;
        return out;
      });
    });
}

response get_step(api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto found = load_current(context, request);
  if (!found)
    return error_response(found.err());
  const auto& [attempt, state] = *found;
  const auto& name = request.parameters.values[1];
  const auto memo = state.stage.steps.find(name);
  if (
    memo == state.stage.steps.end() ||
    memo->second.kind != workflows::step_kind::value)
    return error_response(error{
      errc::not_found,
      "stage \"" + attempt.name.stage + "\" has recorded no step \"" + name +
        "\""});
  auto value = value_of(context, attempt, state, memo->second);
  if (!value)
    return error_response(value.err());
  response out;
  out.body = std::move(*value) + "\n";
  return out;
}

response get_steps(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto after = query.number("after", 0, UINT32_MAX);
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto found = load_current(context, request);
  if (!found)
    return error_response(found.err());
  const auto& [attempt, state] = *found;
  std::vector<std::pair<std::uint32_t, std::string>> order;
  for (const auto& [name, memo] : state.stage.steps)
    if (memo.kind == workflows::step_kind::value && memo.event > after)
      order.emplace_back(memo.event, name);
  std::sort(order.begin(), order.end());

  response out;
  json_writer to{out.body};
  to.begin_object().key("steps").begin_array();
  std::uint64_t next = 0;
  std::uint32_t last = 0;
  for (const auto& [event, name] : order) {
    if (out.body.size() > most_page_bytes) {
      next = last;
      break;
    }
    const auto value =
      value_of(context, attempt, state, state.stage.steps.at(name));
    if (!value)
      return error_response(value.err());
    to.begin_object().field("name", name).key("value").raw(*value).end_object();
    last = event;
  }
  to.end_array();
  number_field(to, "next_after", next);
  to.end_object();
  out.body += '\n';
  return out;
}

response post_heartbeat(api_context& context, const request& request) {
  const auto attempt = attempt_of_path(context, request);
  if (!attempt)
    return error_response(attempt.err());
  body_reader body{request.body};
  if (auto read = body.finish(); !read)
    return error_response(read.err());
  return answer_of(context, *attempt, context.node.heartbeat(attempt->id));
}

response post_progress(api_context& context, const request& request) {
  const auto attempt = attempt_of_path(context, request);
  if (!attempt)
    return error_response(attempt.err());
  body_reader body{request.body};
  const auto done = body.value("done");
  actors::attempt_progress progress;
  progress.note = body.text("note");
  body.require(done.is_number(), "done", "how far the attempt is, from 0 to 1");
  if (done.is_number())
    progress.done = std::clamp(done.get<double>(), 0.0, 1.0);
  if (auto read = body.finish(); !read)
    return error_response(read.err());
  return answer_of(
    context, *attempt,
    context.node.report_progress(attempt->id, std::move(progress)));
}

} // namespace ratchet::api
