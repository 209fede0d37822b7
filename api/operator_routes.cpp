#include "actors/client.hpp"
#include "api/body_reader.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/worker_pool.hpp"
#include "formats/json_writer.hpp"
#include "storage/artifacts.hpp"
#include "workflows/fan_out.hpp"

#include <utility>

namespace ratchet::api {
namespace {

response render(const actors::operator_answer& answer) {
  response out;
  formats::json_writer writer{out.body};
  writer.begin_object()
    .field("iteration", answer.iteration.value)
    .field("version", answer.version.value)
    .field("changed", answer.changed)
    .end_object();
  out.body += '\n';
  return out;
}

/// What each verb wants to be told besides who and why.
struct wants {
  bool reason = false; ///< Must be given.
  bool who = false;    ///< The same.
  bool iteration = false;
  bool version = false;
  bool stage = false;
  bool one_stage = false; ///< It must be given.
};

void operate(
  api_context& context, const request& request, responder respond,
  actors::operator_verb verb, wants what) {
  const auto refuse = [&](const error& e) { respond(error_response(e)); };
  const auto loop = hosted_loop(context, request);
  if (!loop)
    return refuse(loop.err());
  actors::operator_request wish;
  wish.verb = verb;
  wish.loop = (*loop)->name;
  if (what.iteration) {
    const auto iteration = iteration_of_path(request);
    if (!iteration)
      return refuse(iteration.err());
    wish.iteration = *iteration;
  }
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return refuse(read.err());
  body_reader body{request.body};
  wish.who = body.text("who");
  wish.reason = body.text("reason");
  if (what.version)
    wish.version.value = body.number("version");
  if (what.stage)
    wish.stage = body.text("stage");
  if (what.reason)
    body.require(
      !wish.reason.empty(), "reason",
      "it goes into the loop's journal for those who ask later");
  if (what.who)
    body.require(
      !wish.who.empty(), "who", "an approval is worth who stands behind it");
  if (what.version)
    body.require(
      wish.version.value > 0, "version", "which version shall be champion");
  if (what.one_stage)
    body.require(!wish.stage.empty(), "stage", "which stage shall not run");
  // An item of it is the iteration's to know.
  const std::string stage{workflows::parse_unit(wish.stage).stage};
  if (!stage.empty() && (*loop)->any_stage(stage) == nullptr)
    body.fail("loop \"" + wish.loop + "\" has no stage \"" + wish.stage + "\"");
  if (auto read = body.finish(); !read)
    return refuse(read.err());
  carry_out(context, std::move(wish), std::move(respond));
}

} // namespace

void carry_out(
  api_context& context, actors::operator_request wish, responder respond) {
  context.node.request(
    std::move(wish), [respond](result<actors::operator_answer> answer) {
      respond.later([answer = std::move(answer)] {
        return answer ? render(*answer) : error_response(answer.err());
      });
    });
}

void post_trigger(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), actors::operator_verb::trigger, {});
}
void post_pause(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), actors::operator_verb::pause, {});
}
void post_resume(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), actors::operator_verb::resume, {});
}
void post_promote(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), actors::operator_verb::promote,
    {.reason = true, .version = true});
}
void post_rollback(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), actors::operator_verb::rollback,
    {.reason = true});
}
void post_cancel(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), actors::operator_verb::cancel,
    {.reason = true, .iteration = true});
}
void post_retry(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), actors::operator_verb::retry,
    {.iteration = true, .stage = true});
}

void post_skip(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), actors::operator_verb::skip,
    {.reason = true, .iteration = true, .stage = true, .one_stage = true});
}

void post_approve(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), actors::operator_verb::approve,
    {.who = true, .iteration = true, .stage = true});
}

void post_reject(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), actors::operator_verb::reject,
    {.reason = true, .who = true, .iteration = true, .stage = true});
}

/// The artifact must be here before a version can name it.
void post_version(
  api_context& context, const request& request, responder respond) {
  const auto refuse = [&](const error& e) { respond(error_response(e)); };
  const auto loop = hosted_loop(context, request);
  if (!loop)
    return refuse(loop.err());
  actors::operator_request wish;
  wish.verb = actors::operator_verb::add_version;
  wish.loop = (*loop)->name;
  body_reader body{request.body};
  wish.who = body.text("who");
  wish.reason = body.text("reason");
  wish.champion = body.flag("champion");
  auto artifact = body.object("artifact");
  if (auto read = body.finish(); !read)
    return refuse(read.err());
  body_reader fields{std::move(artifact)};
  wish.artifact.digest = fields.text("digest");
  wish.artifact.name = fields.text("name");
  if (!storage::is_digest(wish.artifact.digest))
    fields.fail(
      "\"artifact\" needs a \"digest\": 64 lower-case hexadecimal digits, as "
      "PUT /v1/artifacts answers");
  fields.require(
    !wish.artifact.name.empty(), "name",
    "it is the file name that serving apps see");
  if (auto read = fields.finish(); !read)
    return refuse(read.err());
  const bool taken = context.pool.try_post([&context, wish, respond] {
    auto checked = wish;
    auto size = context.node.artifacts().size(wish.artifact.digest);
    if (!size)
      return respond(error_response(size.err()));
    checked.artifact.bytes = *size;
    carry_out(context, std::move(checked), respond);
  });
  if (!taken)
    refuse({errc::unavailable, "too many requests wait; try again"});
}

} // namespace ratchet::api
