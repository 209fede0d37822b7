#include "cli/invocation.hpp"
#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace ratchet::cli {

namespace {

/// A trigger in a file, or the name of who has it.
result<json> read_policy(const std::string& named) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(named, failure))
    return json(named);
  std::ifstream file{named};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    return error{errc::io_error, "cannot read " + named};
  return parse_json(text.str(), named);
}

/// A start that would have been, or one that was.
struct told_start {
  time_point at;
  bool would = false;
  const json* start = nullptr;
};

std::vector<told_start> in_order(const json& report) {
  std::vector<told_start> all;
  for (const auto* name : {"did", "would"})
    for (const auto& start : member_of(report, name))
      all.push_back(
        {time_of(start, "at"), std::string_view{name} == "would", &start});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.at < b.at;
  });
  return all;
}

std::string what(const json& start) {
  if (flag_of(start, "skipped"))
    return "skips";
  return text_of(start, "who") == "trigger" ? "starts" : "by hand";
}

table start_table(const json& report) {
  table t{{{"AT"}, {"TRIED"}, {"WAS"}, {"BECAUSE", align::left, true}}};
  for (const auto& each : in_order(report)) {
    const auto said = what(*each.start);
    t.add(
      {to_iso8601(each.at), each.would ? said : "-", each.would ? "-" : said,
       text_of(*each.start, "reason")});
  }
  return t;
}

std::size_t count_of(const json& starts) {
  return static_cast<std::size_t>(
    std::count_if(starts.begin(), starts.end(), [](const json& start) {
      return !flag_of(start, "skipped");
    }));
}

std::string summary_of(const json& report) {
  const auto would = count_of(member_of(report, "would"));
  const auto did = count_of(member_of(report, "did"));
  auto text =
    std::to_string(would) + " starts instead of " + std::to_string(did) +
    " in " + format_duration(time_of(report, "to") - time_of(report, "from")) +
    " and " + with_commas(number_of(report, "events")) +
    " events, if each iteration takes " +
    format_duration(
      duration{static_cast<std::int64_t>(number_of(report, "iteration_ms"))});
  const auto every = number_of(report, "look_every");
  if (every > 1)
    text += "; looked at once in " + std::to_string(every) + " events";
  if (!flag_of(report, "whole"))
    text += "; given up there, because it starts so often";
  return text + ".";
}

} // namespace

result<void> run_backtest(
  verb_context& c, const std::string& loop, const backtest_flags& flags) {
  auto policy = read_policy(flags.policy);
  if (!policy)
    return policy.err();
  json wish{{"policy", std::move(*policy)}};
  if (!flags.iteration_time.empty()) {
    const auto time = parse_duration(flags.iteration_time);
    if (!time)
      return error{
        errc::invalid_argument,
        "--iteration-time is \"" + flags.iteration_time +
          "\"; write 90s, 20m or 4h"};
    wish["iteration_ms"] = time->count();
  }
  const auto report = c.server.post(loop_path(loop, "/backtest"), wish);
  if (!report)
    return report.err();
  auto shown = c.show(*report, loop, [&] {
    return start_table(*report).render(c.paint, c.width);
  });
  if (shown)
    c.remark(summary_of(*report));
  return shown;
}

} // namespace ratchet::cli
