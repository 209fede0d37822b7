#include "actors/client.hpp"
#include "api/errors.hpp"
#include "api/handlers.hpp"
#include "api/monitored_loop.hpp"
#include "api/router.hpp"
#include "api/views.hpp"
#include "storage/monitor_store.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ratchet::api {
namespace {

constexpr std::uint64_t most_windows = 5'000;
/// Over all places: some megabytes.
constexpr std::size_t most_windows_in_all = 20'000;

result<metric_choice> read_choice(const request& request) {
  query_reader query{request.query};
  metric_choice choice;
  choice.metric = query.text("metric");
  if (query.has("version"))
    choice.version = version_number{query.number("version", 0, UINT64_MAX)};
  choice.attribute = query.text("attribute");
  choice.value = query.text("value");
  choice.windows =
    static_cast<std::size_t>(query.number("windows", 0, most_windows));
  if (auto read = query.finish(); !read)
    return read.err();
  if (choice.attribute.empty() && !choice.value.empty())
    return error{
      errc::invalid_argument,
      "a value needs the attribute that has it; give attribute= too"};
  return choice;
}

result<void>
check_size(const metric_choice& choice, const analysis::metric_table& metrics) {
  const auto& cells = metrics.cells();
  const auto places = static_cast<std::size_t>(
    std::count_if(cells.begin(), cells.end(), [&](const auto& cell) {
      return is_chosen(choice, cell.first);
    }));
  if (choice.windows * places <= most_windows_in_all)
    return {};
  return error{
    errc::invalid_argument,
    std::to_string(choice.windows) + " windows of " + std::to_string(places) +
      " places are more than " + std::to_string(most_windows_in_all) +
      "; ask for fewer, or for one metric or version"};
}

void write_marks(
  json_writer& to, const workflows::window_policy& windows,
  const analysis::metric_history& history) {
  const auto& marks = history.marks();
  time_field(to, "newest", marks.newest.value_or(time_point{}));
  time_field(to, "watermark", history.watermark().value_or(time_point{}));
  to.key("window")
    .begin_object()
    .field("size_ms", windows.size.count())
    .field("slide_ms", windows.slide.count())
    .field("keep_ms", windows.keep.count())
    .end_object()
    .field("late", marks.late)
    .field("lost", marks.lost)
    .field("unusable", marks.unusable);
}

} // namespace

response get_metrics_of_loop(api_context& context, const request& request) {
  const auto choice = read_choice(request);
  if (!choice)
    return error_response(choice.err());
  const auto loop = monitored_loop_of(context, request);
  if (!loop)
    return error_response(loop.err());
  const auto& metrics = loop->monitor.metrics;
  const auto history =
    storage::load_history(context.node.store(), loop->number);
  if (!history)
    return error_response(history.err());
  if (auto bounded = check_size(*choice, metrics); !bounded)
    return error_response(bounded.err());
  response out;
  json_writer to{out.body};
  to.begin_object()
    .field("loop", loop->name)
    .field("cursor", loop->monitor.cursor.value)
    .field("confidence", 0.95);
  write_marks(to, loop->definition->windows, *history);
  to.key("metrics");
  write_metrics(
    to, *loop->definition, metrics, &*history, loop->state.champion, *choice,
    context.clock.now());
  to.end_object();
  out.body += '\n';
  return out;
}

} // namespace ratchet::api
