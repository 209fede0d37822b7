#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/views.hpp"
#include "storage/loop_journal.hpp"

namespace ratchet::api {
namespace {

constexpr std::size_t default_page = 20;
constexpr std::size_t max_page = 100;

result<void> write_one(
  json_writer& to, const storage::loop_journal& journal, loop_number loop,
  const workflows::iteration_summary& summary) {
  const auto& start = summary.start;
  const auto plan = journal.load_definition(loop, start.fingerprint);
  if (!plan)
    return plan.err();
  const auto iteration = journal.load_iteration(loop, start.number, *plan);
  if (!iteration)
    return iteration.err();
  to.begin_object()
    .field("iteration", start.number.value)
    .field("outcome", workflows::to_string(iteration->outcome));
  time_field(to, "started", start.at);
  number_field(to, "champion", start.champion.value);
  to.field("data_from", start.data_from.value)
    .field("data_to", start.data_to.value);
  write_rule(to, start.admits);
  write_admission(to, *plan, *iteration);
  to.end_object();
  return {};
}

} // namespace

response get_admissions(api_context& context, const request& request) {
  query_reader query{request.query};
  const auto before = query.number("before", 0, UINT64_MAX);
  const auto limit =
    static_cast<std::size_t>(query.number("limit", default_page, max_page));
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto definition = hosted_loop(context, request);
  if (!definition)
    return error_response(definition.err());
  const auto& journal = context.node.journal();
  const auto loop = journal.find_loop((*definition)->name);
  if (!loop)
    return error_response(loop.err());
  auto page = journal.summaries(*loop, iteration_number{before}, limit + 1);
  if (!page)
    return error_response(page.err());
  const bool more = page->size() > limit;
  if (more)
    page->resize(limit);
  response out;
  json_writer to{out.body};
  to.begin_object()
    .field("loop", (*definition)->name)
    .field("timing", workflows::to_string((*definition)->timing.mode))
    .key("iterations")
    .begin_array();
  for (const auto& summary : *page)
    if (auto written = write_one(to, journal, *loop, summary); !written)
      return error_response(written.err());
  to.end_array();
  number_field(
    to, "next_before",
    more && !page->empty() ? page->back().start.number.value : 0);
  to.end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
