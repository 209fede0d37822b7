#include "actors/client.hpp"
#include "api/body_reader.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/operator_wish.hpp"
#include "api/worker_pool.hpp"
#include "formats/json_writer.hpp"
#include "storage/artifacts.hpp"

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

void operate(
  api_context& context, const request& request, responder respond,
  actors::operator_verb verb, wants what) {
  const auto refuse = [&](const error& e) { respond(error_response(e)); };
  const auto loop = hosted_loop(context, request);
  if (!loop)
    return refuse(loop.err());
  actors::operator_request wish;
  wish.verb = verb;
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
  read_wish(body, **loop, what, wish);
  if (auto read = body.finish(); !read)
    return refuse(read.err());
  carry_out(context, std::move(wish), std::move(respond));
}

using verb = actors::operator_verb;

constexpr wants of_one(wants what) {
  what.iteration = true;
  return what;
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
  operate(
    context, request, std::move(to), actors::operator_verb::trigger,
    {.labels = true});
}
void post_pause(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), actors::operator_verb::pause, {});
}
void post_resume(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), actors::operator_verb::resume, {});
}
/// Of a loop that is not hosted: whether the store has it, the node says.
void post_archive(api_context& context, const request& request, responder to) {
  actors::operator_request wish;
  wish.verb = verb::archive;
  wish.loop = request.parameters.values[0];
  query_reader query{request.query};
  if (auto read = query.finish(); !read) {
    to(error_response(read.err()));
    return;
  }
  body_reader body{request.body};
  wish.who = body.text("who");
  wish.reason = body.text("reason");
  body.require(
    !wish.reason.empty(), "reason",
    "it goes into the audit log for those who ask later");
  if (auto read = body.finish(); !read) {
    to(error_response(read.err()));
    return;
  }
  carry_out(context, std::move(wish), std::move(to));
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
  operate(context, request, std::move(to), verb::cancel, of_one(cancel_wants));
}
void post_retry(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), verb::retry, of_one(retry_wants));
}
void post_skip(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), verb::skip, of_one(skip_wants));
}
void post_pause_one(
  api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), verb::pause_iteration,
    of_one(pause_wants));
}
void post_resume_one(
  api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), verb::resume_iteration,
    of_one(resume_wants));
}
void post_label(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), verb::label, of_one(label_wants));
}

void post_approve(api_context& context, const request& request, responder to) {
  operate(
    context, request, std::move(to), verb::approve, of_one(approve_wants));
}
void post_reject(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), verb::reject, of_one(reject_wants));
}
void post_signal(api_context& context, const request& request, responder to) {
  operate(context, request, std::move(to), verb::signal, of_one(signal_wants));
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
