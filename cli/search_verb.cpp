#include "cli/invocation.hpp"
#include "cli/iteration_table.hpp"
#include "cli/read_views.hpp"
#include "cli/verbs.hpp"
#include "formats/iso_time.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::cli {

namespace {

constexpr std::uint64_t largest_page = 500;

/// The values of the flag as one parameter.
std::string joined(const std::vector<std::string>& labels) {
  std::string out;
  for (const auto& label : labels)
    out.append(out.empty() ? "" : ",").append(label);
  return out;
}

/// The filter as parameters, each led by '&'.
result<std::string>
parameters_of(const iteration_filter& filter, time_point now) {
  const auto since = moment("--since", filter.since, now);
  if (!since)
    return since.err();
  const auto until = moment("--until", filter.until, now);
  if (!until)
    return until.err();
  const auto labels = joined(filter.labels);
  std::string out;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, const std::string&>>{
         {"state", filter.state},
         {"stage", filter.stage},
         {"status", filter.status},
         {"since", *since},
         {"until", *until},
         {"label", labels},
         {"text", filter.text}})
    if (!value.empty())
      out += std::string{"&"} + name + "=" + segment(value);
  return out;
}

} // namespace

result<std::string>
moment(const char* flag, const std::string& text, time_point now) {
  if (text.empty())
    return std::string{};
  if (const auto ago = parse_duration(text))
    return to_iso8601(now - *ago);
  if (const auto time = formats::parse_iso8601(text))
    return to_iso8601(*time);
  return error{
    errc::invalid_argument,
    std::string{flag} + " is \"" + text +
      "\"; give how long ago (90m, 2d), or a time such as "
      "2026-08-22T10:15:30Z"};
}

result<json> find_iterations(
  verb_context& c, const std::string& loop, const iteration_filter& filter,
  std::uint64_t limit) {
  const auto parameters = parameters_of(filter, c.clock.now());
  if (!parameters)
    return parameters.err();
  auto all = json::array();
  std::uint64_t before = 0;
  do {
    const auto page = std::min(limit - all.size(), largest_page);
    auto path = loop_path(
      loop, "/iterations?limit=" + std::to_string(page) + *parameters);
    if (before > 0)
      path += "&before=" + std::to_string(before);
    const auto answer = c.server.get(path);
    if (!answer)
      return answer.err();
    for (const auto& each : member_of(*answer, "iterations"))
      all.push_back(each);
    before = number_of(*answer, "next_before");
  } while (before > 0 && all.size() < limit);
  return all;
}

result<void> list_iterations(
  verb_context& c, const std::string& loop, const iteration_filter& filter,
  std::uint64_t limit) {
  const auto all = find_iterations(c, loop, filter, limit);
  if (!all)
    return all.err();
  return c.show_list(
    *all,
    [](const json& each) { return std::to_string(number_of(each, "number")); },
    [&] {
      std::vector<iteration_view> views;
      for (const auto& each : *all)
        views.push_back(read_iteration(each));
      return iteration_table(views, c.clock.now());
    },
    filter.is_empty() ? "no iterations yet" : "no iteration is like that");
}

} // namespace ratchet::cli
