#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::cli {

namespace {

std::string path_of(const metric_request& what) {
  std::string query;
  const auto ask = [&query](const char* name, std::string_view value) {
    if (!value.empty())
      query +=
        (query.empty() ? "?" : "&") + std::string{name} + "=" + segment(value);
  };
  const auto split = what.slice.find('=');
  ask("metric", what.metric);
  ask("version", what.version == 0 ? "" : std::to_string(what.version));
  ask("attribute", std::string_view{what.slice}.substr(0, split));
  if (split != std::string::npos)
    ask("value", std::string_view{what.slice}.substr(split + 1));
  ask("windows", what.windows == 0 ? "" : std::to_string(what.windows));
  return loop_path(what.loop, "/metrics" + query);
}

std::string number_text(const json& value) {
  return value.is_number() ? decimal(value.get<double>(), 4) : "-";
}

std::string range_text(const json& cell) {
  const auto& range = member_of(cell, "interval");
  if (!range.is_array() || range.size() != 2)
    return "-";
  const auto text = number_text(range[0]) + " to " + number_text(range[1]);
  // Not exact, and so said.
  return (text_of(cell, "method") == "confidence_sequence" ? "" : "~") + text;
}

std::string slice_text(const json& cell) {
  const auto attribute = text_of(cell, "attribute");
  if (attribute.empty())
    return "all";
  return text_of(cell, "scope") == "other"
    ? attribute + ": all others"
    : attribute + "=" + text_of(cell, "value");
}

std::string version_text(const json& of) {
  return member_of(of, "version").is_null()
    ? "-"
    : "v" + std::to_string(number_of(of, "version"));
}

std::string quantile_text(const json& cell, double q) {
  for (const auto& each : member_of(cell, "quantiles"))
    if (each.value("q", 0.0) == q)
      return number_text(member_of(each, "value"));
  return "-";
}

style style_of_state(const std::string& state) {
  return state == "live" || state == "data" ? style::green : style::yellow;
}

std::string words_of(std::string state) {
  return state == "no_data" ? "no data" : state;
}

bool has_quantiles(const json& cells) {
  for (const auto& cell : cells)
    if (member_of(cell, "quantiles").is_array())
      return true;
  return false;
}

table metric_table(const json& cells) {
  std::vector<column> columns{
    {"METRIC", align::left, true},
    {"VERSION"},
    {"SLICE", align::left, true},
    {"STATE"},
    {"COUNT", align::right},
    {"MEAN", align::right},
    {"95% INTERVAL"},
    {"RECENT", align::right}};
  const bool numbers = has_quantiles(cells);
  if (numbers) {
    columns.push_back({"P50", align::right});
    columns.push_back({"P95", align::right});
  }
  table t{columns};
  for (const auto& cell : cells) {
    const auto state = text_of(cell, "state");
    std::vector<cli::cell> row{
      text_of(cell, "metric"),
      version_text(cell),
      slice_text(cell),
      {words_of(state), style_of_state(state)},
      with_commas(number_of(cell, "count")),
      number_text(member_of(cell, "mean")),
      range_text(cell),
      number_text(member_of(member_of(cell, "recent"), "mean"))};
    if (numbers) {
      row.emplace_back(quantile_text(cell, 0.5));
      row.emplace_back(quantile_text(cell, 0.95));
    }
    t.add(std::move(row));
  }
  return t;
}

/// "2026-11-28 06:00" of a time as the API writes it.
std::string minute_text(const json& of, const char* name) {
  auto text = text_of(of, name).substr(0, 16);
  if (text.size() == 16)
    text[10] = ' ';
  return text;
}

table window_table(const json& cells) {
  table t{
    {{"METRIC", align::left, true},
     {"VERSION"},
     {"SLICE", align::left, true},
     {"FROM (UTC)"},
     {"TO"},
     {"STATE"},
     {"COUNT", align::right},
     {"MEAN", align::right},
     {"95% INTERVAL"}}};
  for (const auto& cell : cells)
    for (const auto& window : member_of(cell, "windows")) {
      const auto state = text_of(window, "state");
      t.add(
        {text_of(cell, "metric"),
         version_text(cell),
         slice_text(cell),
         minute_text(window, "from"),
         minute_text(window, "to"),
         {words_of(state) + (flag_of(window, "final") ? "" : ", open"),
          style_of_state(state)},
         with_commas(number_of(window, "count")),
         number_text(member_of(window, "mean")),
         range_text(window)});
    }
  return t;
}

std::string name_of(const json& cell) {
  return text_of(cell, "metric") + " " + version_text(cell) + " " +
    slice_text(cell);
}

style style_of_level(const std::string& level) {
  return level == "alarm" ? style::red
    : level == "warning"  ? style::yellow
                          : style::green;
}

std::string alarms_text(const verb_context& c, const json& answer) {
  const auto now = c.clock.now();
  table watched{
    {{"WATCHED", align::left, true}, {"LEVEL"}, {"NOW", align::left, true}}};
  for (const auto& each : member_of(answer, "watched")) {
    const auto level = text_of(each, "level");
    const bool known = text_of(each, "state") != "no_data";
    watched.add(
      {text_of(each, "condition"),
       known ? cell{level, style_of_level(level)}
             : cell{"no data", style::yellow},
       text_of(each, "sentence")});
  }
  if (watched.rows() == 0)
    return "no metric is watched for drops\n";
  auto out = watched.render(c.paint, c.width);
  table alarms{
    {{"ALARM", align::right},
     {"LEVEL"},
     {"RAISED"},
     {"STATE"},
     {"BY"},
     {"BECAUSE", align::left, true}}};
  for (const auto& each : member_of(answer, "alarms")) {
    const auto level = text_of(each, "level");
    const auto state = text_of(each, "state");
    alarms.add(
      {std::to_string(number_of(each, "alarm")),
       {level, style_of_level(level)},
       relative_time(time_of(each, "raised"), now),
       {state, state == "open" ? style::bold : style::plain},
       state == "open" ? "-" : text_of(each, "who"),
       text_of(each, "sentence")});
  }
  if (alarms.rows() > 0)
    out += "\n" + alarms.render(c.paint, c.width);
  return out;
}

} // namespace

result<void> list_metrics(verb_context& c, const metric_request& what) {
  const auto answer = c.server.get(path_of(what));
  if (!answer)
    return answer.err();
  const auto& cells = member_of(*answer, "metrics");
  return c.show_list(
    cells, name_of,
    [&] {
      return what.windows > 0 ? window_table(cells) : metric_table(cells);
    },
    "no metric like that");
}

result<void> show_alarms(verb_context& c, const std::string& loop) {
  const auto answer = c.server.get(loop_path(loop, "/alarms"));
  if (!answer)
    return answer.err();
  return c.show(*answer, loop, [&] { return alarms_text(c, *answer); });
}

result<void> acknowledge_alarm(
  verb_context& c, const std::string& loop, std::uint64_t alarm,
  const std::string& reason, const std::string& who) {
  const auto number = std::to_string(alarm);
  const auto answer = c.server.post(
    loop_path(loop, "/alarms/" + number + "/acknowledge"),
    {{"who", who.empty() ? current_user() : who}, {"reason", reason}});
  if (!answer)
    return answer.err();
  return c.show(*answer, number, [&] {
    return "alarm " + number + " of " + loop +
      (flag_of(*answer, "changed")
         ? " acknowledged; its metric is watched from now on anew\n"
         : " was over already\n");
  });
}

} // namespace ratchet::cli
