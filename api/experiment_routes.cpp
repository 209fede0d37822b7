#include "actors/client.hpp"
#include "analysis/experiment.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "api/views.hpp"
#include "storage/experiment_store.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::size_t default_page = 20;
constexpr std::size_t max_page = 100;
/// Decisions that one request makes again.
constexpr std::size_t default_checks = 100;
constexpr std::size_t max_checks = 1000;

/// The decision of an experiment that has one, or as it would be now.
struct shown_decision {
  analysis::experiment_decision decision;
  time_point at;
  bool recorded = false;
};

result<shown_decision> decision_of(
  const api_context& context, loop_number loop,
  const storage::experiment_summary& summary,
  const storage::experiment_state& state) {
  auto record =
    storage::load_experiment_record(context.node.store(), loop, summary.number);
  if (!record)
    return record.err();
  if (*record)
    return shown_decision{std::move((*record)->decision), (*record)->at, true};
  const bool runs = to_ms(summary.ended) == 0;
  const auto at = runs ? context.clock.now() : summary.ended;
  auto decision =
    analysis::evaluate_experiment(analysis::inputs_of(state.live, at));
  if (!decision)
    return decision.err();
  return shown_decision{std::move(*decision), at, false};
}

result<response>
show_experiment(const api_context& context, const request& request) {
  const auto number = number_of_path(request, "an experiment");
  if (!number)
    return number.err();
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return loop.err();
  const auto summary = storage::load_experiment_summary(
    context.node.store(), loop->number, experiment_number{*number});
  if (!summary && summary.err().code == errc::not_found)
    return error{
      errc::not_found,
      "loop \"" + loop->name + "\" has had no experiment " +
        std::to_string(*number) + "; list them with GET /v1/loops/" +
        loop->name + "/experiments"};
  if (!summary)
    return summary.err();
  const auto state = storage::load_experiment_state(
    context.node.store(), loop->number, summary->number);
  if (!state)
    return state.err();
  const auto shown = decision_of(context, loop->number, *summary, *state);
  if (!shown)
    return shown.err();
  response out;
  json_writer to{out.body};
  to.begin_object();
  write_experiment_head(to, *summary);
  write_arms(to, *state);
  time_field(to, "judged", shown->at);
  to.field("recorded", shown->recorded).key("decision");
  write_experiment_decision(to, *state, shown->decision);
  to.end_object();
  out.body += '\n';
  return out;
}

/// Makes the decision of one experiment again; nothing if it has none.
result<void> write_check(
  json_writer& to, const api_context& context, loop_number loop,
  const storage::experiment_summary& summary, std::uint64_t& differ) {
  const auto record =
    storage::load_experiment_record(context.node.store(), loop, summary.number);
  if (!record)
    return record.err();
  if (!*record)
    return {};
  const auto agrees =
    analysis::verify_decision((*record)->decision, (*record)->inputs);
  differ += agrees ? 0U : 1U;
  to.begin_object().field("experiment", summary.number.value);
  time_field(to, "at", (*record)->at);
  to.field("verdict", analysis::to_string((*record)->decision.verdict))
    .field("agrees", agrees.ok())
    .field_unless_empty(
      "difference", agrees ? std::string{} : agrees.err().message)
    .end_object();
  return {};
}

} // namespace

response get_experiments(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto before = query.number("before", 0, UINT64_MAX);
  const auto limit =
    static_cast<std::size_t>(query.number("limit", default_page, max_page));
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return error_response(loop.err());
  auto page = storage::load_experiments(
    context.node.store(), loop->number, experiment_number{before}, limit + 1);
  if (!page)
    return error_response(page.err());
  const bool more = page->size() > limit;
  if (more)
    page->resize(limit);
  response out;
  json_writer to{out.body};
  to.begin_object().key("experiments").begin_array();
  for (const auto& summary : *page) {
    to.begin_object();
    write_experiment_head(to, summary);
    to.end_object();
  }
  to.end_array();
  number_field(
    to, "next_before", more && !page->empty() ? page->back().number.value : 0);
  to.end_object();
  out.body += '\n';
  return out;
}

response get_experiment(api_context& context, const request& request) {
  query_reader query{request.query};
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  auto shown = show_experiment(context, request);
  return shown ? std::move(*shown) : error_response(shown.err());
}

response
get_decision_verification(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto before = query.number("before", 0, UINT64_MAX);
  const auto limit =
    static_cast<std::size_t>(query.number("limit", default_checks, max_checks));
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return error_response(loop.err());
  const auto page = storage::load_experiments(
    context.node.store(), loop->number, experiment_number{before}, limit);
  if (!page)
    return error_response(page.err());
  response out;
  json_writer to{out.body};
  std::uint64_t differ = 0;
  to.begin_object().key("decisions").begin_array();
  for (const auto& summary : *page)
    if (auto checked = write_check(to, context, loop->number, summary, differ);
        !checked)
      return error_response(checked.err());
  to.end_array().field("differ", differ);
  number_field(
    to, "next_before",
    page->size() == limit && !page->empty() && page->back().number.value > 1
      ? page->back().number.value
      : 0);
  to.end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
