#include "actors/backtest.hpp"
#include "actors/client.hpp"
#include "api/body_reader.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "api/trigger_reader.hpp"
#include "api/views.hpp"
#include "workflows/check.hpp"
#include "workflows/describe.hpp"

#include <limits>
#include <optional>
#include <utility>

namespace ratchet::api {
namespace {

/// The trigger of a definition that the loop once had.
result<workflows::trigger_policy> trigger_of_earlier(
  const api_context& context, const known_loop& loop,
  const std::string& fingerprint) {
  const auto all = context.node.journal().definitions(loop.number);
  if (!all)
    return all.err();
  const storage::stored_definition* found = nullptr;
  for (const auto& each : *all)
    if (each.fingerprint.starts_with(fingerprint)) {
      if (found != nullptr)
        return error{
          errc::invalid_argument,
          "several definitions of loop \"" + loop.name + "\" begin with " +
            fingerprint + "; give more of the fingerprint"};
      found = &each;
    }
  if (found == nullptr)
    return error{
      errc::not_found,
      "no loop is called \"" + fingerprint + "\", and loop \"" + loop.name +
        "\" has had no such definition; list them with GET /v1/loops and GET "
        "/v1/loops/" +
        loop.name + "/definitions"};
  auto definition =
    context.node.journal().load_definition(loop.number, found->fingerprint);
  if (!definition)
    return definition.err();
  return std::move(definition->trigger);
}

result<workflows::trigger_policy> policy_of(
  const api_context& context, const known_loop& loop, const json& named) {
  if (!named.is_string())
    return read_trigger(named);
  const auto name = named.get<std::string>();
  if (name.empty())
    return error{
      errc::invalid_argument,
      "policy is empty; give a trigger, the name of a loop, or a fingerprint"};
  const auto other = known_loop_of(context, name);
  if (other)
    return other->definition->trigger;
  return trigger_of_earlier(context, loop, name);
}

struct wanted_backtest {
  json policy;
  std::optional<duration> takes;
  std::uint64_t look_every = 0;
};

result<wanted_backtest> read_wish(const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return read.err();
  body_reader body{request.body};
  wanted_backtest wish;
  wish.policy = body.value("policy");
  body.require(
    !wish.policy.is_null(), "policy",
    "the trigger to try, or the name of the loop that has it");
  const auto takes = body.value("iteration_ms");
  if (takes.is_number_unsigned())
    wish.takes = duration{static_cast<std::int64_t>(std::min<std::uint64_t>(
      takes.get<std::uint64_t>(),
      static_cast<std::uint64_t>(workflows::longest_time.count())))};
  else if (!takes.is_null())
    body.fail("iteration_ms is no whole number of milliseconds");
  wish.look_every = body.number("look_every");
  if (auto read = body.finish(); !read)
    return read.err();
  return wish;
}

void write_starts(
  json_writer& to, std::string_view name,
  const std::vector<workflows::backtest_start>& starts) {
  to.key(name).begin_array();
  for (const auto& start : starts) {
    to.begin_object();
    time_field(to, "at", start.at);
    to.field("who", start.who)
      .field("reason", start.reason)
      .field("skipped", start.skipped)
      .field("queued", start.queued)
      .end_object();
  }
  to.end_array();
}

response render(const known_loop& loop, const actors::backtest_report& report) {
  response out;
  json_writer to{out.body};
  to.begin_object().field("loop", loop.name);
  time_field(to, "from", report.from);
  time_field(to, "to", report.to);
  to.field("events", report.events)
    .field("look_every", report.look_every)
    .field("iteration_ms", report.takes.count())
    .field("whole", report.whole);
  write_starts(to, "would", report.would);
  write_starts(to, "did", report.did);
  to.end_object();
  out.body += '\n';
  return out;
}

result<response> run(const api_context& context, const request& request) {
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return loop.err();
  const auto wanted = read_wish(request);
  if (!wanted)
    return wanted.err();
  auto policy = policy_of(context, *loop, wanted->policy);
  if (!policy)
    return policy.err();
  actors::backtest_wish wish;
  wish.loop = loop->number;
  wish.definition = *loop->definition;
  wish.definition.trigger = std::move(*policy);
  wish.takes = wanted->takes;
  wish.until = context.clock.now();
  wish.look_every = wanted->look_every;
  if (auto checked = workflows::check(wish.definition); !checked)
    return checked.err();
  const auto report =
    actors::run_backtest(context.node.journal(), context.node.history(), wish);
  if (!report)
    return report.err();
  return render(*loop, *report);
}

} // namespace

response post_backtest(api_context& context, const request& request) {
  auto done = run(context, request);
  return done ? std::move(*done) : error_response(done.err());
}

} // namespace ratchet::api
