#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "api/views.hpp"
#include "formats/iso_time.hpp"
#include "storage/loop_journal.hpp"
#include "workflows/search.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ratchet::api {
namespace {

constexpr std::size_t default_page = 20;
constexpr std::size_t max_page = 500;
/// What one request looks at, at most (docs/decisions/0013-search.md).
constexpr std::size_t most_summaries = 10'000;
constexpr std::size_t most_journals = 500;
constexpr std::size_t largest_chunk = 256;

result<time_point> time_parameter(query_reader& query, std::string_view name) {
  const auto text = query.text(name);
  if (text.empty())
    return time_point{};
  const auto time = formats::parse_iso8601(text);
  if (!time)
    return error{
      errc::invalid_argument,
      "\"" + std::string{name} +
        "\" is no time; give one such as "
        "2026-08-22T10:15:30Z"};
  return *time;
}

/// "team=vision,ticket=R-7"
result<std::map<std::string, std::string>> read_labels(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto one = text.substr(0, end);
    const auto equals = one.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return error{
        errc::invalid_argument,
        "\"" + std::string{one} + "\" is no label; give NAME=VALUE"};
    out.emplace(one.substr(0, equals), one.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

result<workflows::iteration_query> read_query(query_reader& from) {
  workflows::iteration_query out;
  if (const auto name = from.text("state"); !name.empty()) {
    const auto state = workflows::parse_search_state(name);
    if (!state)
      return error{
        errc::invalid_argument,
        "there is no state \"" + name +
          "\"; give running, asleep, paused, ended, promoted, completed, "
          "rejected, "
          "failed or canceled"};
    out.state = *state;
  }
  out.stage = from.text("stage");
  if (const auto name = from.text("status"); !name.empty()) {
    out.status = workflows::parse_stage_status(name);
    if (!out.status)
      return error{
        errc::invalid_argument,
        "no stage has the status \"" + name +
          "\"; give one such as running, backing_off, failed or succeeded"};
    if (out.stage.empty())
      return error{
        errc::invalid_argument,
        "\"status\" is that of a stage; name it with \"stage\""};
  }
  const auto labels = read_labels(from.text("label"));
  if (!labels)
    return labels.err();
  out.labels = *labels;
  const auto since = time_parameter(from, "since");
  if (!since)
    return since.err();
  const auto until = time_parameter(from, "until");
  if (!until)
    return until.err();
  out.since = *since;
  out.until = *until;
  out.text = from.text("text");
  return out;
}

/// Goes through a loop's iterations, the newest first, until it has a page or
/// has looked at as much as one request may.
class iteration_search {
public:
  iteration_search(
    const storage::loop_journal& journal, loop_number loop,
    const workflows::iteration_query& query)
      : journal_(journal), loop_(loop), query_(query) {}

  struct page {
    std::vector<workflows::iteration_summary> found;
    iteration_number next; ///< Go on before it; 0: there is no more.
  };

  result<page> run(iteration_number before, std::size_t limit) {
    page out;
    const auto chunk = std::min(limit + 1, largest_chunk);
    for (std::size_t seen = 0; seen < most_summaries; seen += chunk) {
      const auto part = journal_.summaries(loop_, before, chunk);
      if (!part)
        return part.err();
      for (const auto& summary : *part) {
        if (out.found.size() == limit || read_ == most_journals) {
          out.next = before;
          return out;
        }
        before = summary.start.number;
        const auto hit = matches(summary);
        if (!hit)
          return hit.err();
        if (*hit)
          out.found.push_back(summary);
      }
      if (part->size() < chunk)
        return out;
    }
    out.next = before;
    return out;
  }

private:
  result<bool> matches(const workflows::iteration_summary& summary) {
    if (!workflows::matches_summary(query_, summary))
      return false;
    if (!workflows::needs_journal(query_))
      return true;
    ++read_;
    const auto plan = plan_of(summary.start.fingerprint);
    if (!plan)
      return plan.err();
    const auto events = journal_.iteration_events(loop_, summary.start.number);
    if (!events)
      return events.err();
    workflows::iteration it;
    for (const auto& event : *events)
      workflows::apply(**plan, it, event);
    return workflows::matches_journal(query_, it, *events);
  }

  result<const workflows::loop_definition*>
  plan_of(const std::string& fingerprint) {
    const auto known = plans_.find(fingerprint);
    if (known != plans_.end())
      return &known->second;
    auto plan = journal_.load_definition(loop_, fingerprint);
    if (!plan)
      return plan.err();
    return &plans_.emplace(fingerprint, std::move(*plan)).first->second;
  }

  const storage::loop_journal& journal_;
  loop_number loop_;
  const workflows::iteration_query& query_;
  std::map<std::string, workflows::loop_definition> plans_;
  std::size_t read_ = 0;
};

} // namespace

response get_iterations(api_context& context, const request& request) {
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return error_response(loop.err());
  query_reader query{request.query};
  const auto before = query.number("before", 0, UINT64_MAX);
  const auto limit = std::max<std::size_t>(
    1, static_cast<std::size_t>(query.number("limit", default_page, max_page)));
  const auto wanted = read_query(query);
  if (!wanted)
    return error_response(wanted.err());
  if (auto read = query.finish(); !read)
    return error_response(read.err());
  const auto& journal = context.node.journal();
  auto page = iteration_search{journal, loop->number, *wanted}.run(
    iteration_number{before}, limit);
  if (!page)
    return error_response(page.err());
  response out;
  json_writer to{out.body};
  to.begin_object().key("iterations").begin_array();
  for (const auto& summary : page->found)
    write_summary(to, summary);
  to.end_array();
  number_field(to, "next_before", page->next.value);
  to.end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
