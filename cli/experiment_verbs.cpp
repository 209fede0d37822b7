#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <cmath>

namespace ratchet::cli {

namespace {

double real_of(const json& from, const char* name) {
  const auto& member = member_of(from, name);
  return member.is_number() ? member.get<double>() : 0;
}

style look_of(const std::string& outcome) {
  if (outcome == "promote")
    return style::green;
  if (outcome == "rolled_back" || outcome == "invalid")
    return style::red;
  return style::plain;
}

/// "v4", "v4, v5"
std::string versions_of(const json& list) {
  std::string out;
  for (const auto& version : list)
    out += (out.empty() ? "v" : ", v") + version.dump();
  return out;
}

std::string percent(double share) {
  return decimal(100 * share, 1) + "%";
}

/// "+0.012 (-0.003 to +0.027)"
std::string effect_text(const json& metric) {
  const auto number = [](double value) {
    return (value < 0 ? "-" : "+") + decimal(std::abs(value), 4);
  };
  const auto& range = member_of(metric, "interval");
  const auto covered = "(" + number(real_of(range, "low")) + " to " +
    number(real_of(range, "high")) + ")";
  return member_of(metric, "effect").is_null()
    ? covered
    : number(real_of(metric, "effect")) + " " + covered;
}

/// "1.2 of 3.0"; evidence is a logarithm.
std::string against(const json& metric, const char* found, const char* bound) {
  return decimal(real_of(metric, found), 2) + " of " +
    decimal(real_of(metric, bound), 2);
}

table list_table(const json& all, time_point now) {
  table t{
    {{"N", align::right},
     {"ITERATION", align::right},
     {"CHAMPION"},
     {"CHALLENGER"},
     {"BEGAN"},
     {"OUTCOME"},
     {"BECAUSE", align::left, true}}};
  for (const auto& each : all) {
    const auto outcome = text_of(each, "outcome");
    t.add(
      {std::to_string(number_of(each, "experiment")),
       std::to_string(number_of(each, "iteration")),
       "v" + std::to_string(number_of(each, "champion")),
       versions_of(member_of(each, "challengers")),
       relative_time(time_of(each, "began"), now),
       {outcome, look_of(outcome)},
       text_of(each, "sentence")});
  }
  return t;
}

table arms_table(const json& one) {
  table t{
    {{"ARM"},
     {"VERSION"},
     {"SHARE", align::right},
     {"ASSIGNED", align::right},
     {"MATURED", align::right}}};
  for (const auto& arm : member_of(one, "arms"))
    t.add(
      {text_of(arm, "arm"), "v" + std::to_string(number_of(arm, "version")),
       percent(real_of(arm, "share")), with_commas(number_of(arm, "assigned")),
       with_commas(number_of(arm, "matured"))});
  return t;
}

table metrics_table(const json& decision) {
  table t{
    {{"CHALLENGER"},
     {"METRIC"},
     {"ROLE"},
     {"EFFECT, AT 95%"},
     {"EVIDENCE", align::right},
     {"HARM", align::right}}};
  for (const auto& challenger : member_of(decision, "challengers"))
    for (const auto& metric : member_of(challenger, "metrics"))
      t.add(
        {"v" + std::to_string(number_of(challenger, "version")),
         text_of(metric, "metric"), text_of(metric, "role"),
         effect_text(metric), against(metric, "evidence", "evidence_bound"),
         against(metric, "harm", "harm_bound")});
  return t;
}

std::string one_text(const verb_context& c, const json& one) {
  const auto& decision = member_of(one, "decision");
  const auto recorded = text_of(one, "sentence");
  auto out = "experiment " + std::to_string(number_of(one, "experiment")) +
    " of iteration " + std::to_string(number_of(one, "iteration")) + ", " +
    text_of(one, "outcome") + "\n" +
    printable(recorded.empty() ? text_of(decision, "sentence") : recorded) +
    "\n";
  if (const auto warning = text_of(decision, "warning"); !warning.empty())
    out += printable(warning) + "\n";
  return out + "\n" + arms_table(one).render(c.paint, c.width) + "\n" +
    metrics_table(decision).render(c.paint, c.width);
}

std::string name_of(const json& each) {
  return std::to_string(number_of(each, "experiment"));
}

table checks_table(const json& all, time_point now) {
  table t{
    {{"EXPERIMENT", align::right},
     {"DECIDED"},
     {"VERDICT"},
     {"AGAIN"},
     {"DIFFERENCE", align::left, true}}};
  for (const auto& each : all) {
    const bool agrees = flag_of(each, "agrees");
    t.add(
      {name_of(each),
       relative_time(time_of(each, "at"), now),
       text_of(each, "verdict"),
       {agrees ? "the same" : "differs", agrees ? style::green : style::red},
       text_of(each, "difference")});
  }
  return t;
}

/// All pages of a list, as far as `limit`.
result<json> collect(
  verb_context& c, const std::string& path, const char* member,
  std::uint64_t limit) {
  auto all = json::array();
  std::uint64_t before = 0;
  do {
    const auto page = std::min<std::uint64_t>(limit - all.size(), 100);
    const auto answer = c.server.get(
      path + "?limit=" + std::to_string(page) +
      (before > 0 ? "&before=" + std::to_string(before) : ""));
    if (!answer)
      return answer.err();
    for (const auto& each : member_of(*answer, member))
      all.push_back(each);
    before = number_of(*answer, "next_before");
  } while (before > 0 && all.size() < limit);
  return all;
}

} // namespace

result<void> show_experiments(
  verb_context& c, const std::string& loop, std::uint64_t number,
  std::uint64_t limit) {
  const auto path = loop_path(loop, "/experiments");
  if (number > 0) {
    const auto one = c.server.get(path + "/" + std::to_string(number));
    if (!one)
      return one.err();
    return c.show(*one, name_of(*one), [&] { return one_text(c, *one); });
  }
  const auto all = collect(c, path, "experiments", limit);
  if (!all)
    return all.err();
  return c.show_list(
    *all, name_of, [&] { return list_table(*all, c.clock.now()); },
    "it has had no experiment");
}

result<void> verify_decisions(verb_context& c, const std::string& loop) {
  const auto all = collect(
    c, loop_path(loop, "/decisions/verification"), "decisions", UINT64_MAX);
  if (!all)
    return all.err();
  if (auto shown = c.show_list(
        *all, name_of, [&] { return checks_table(*all, c.clock.now()); },
        "no experiment of it was decided");
      !shown)
    return shown;
  const auto differ =
    std::count_if(all->begin(), all->end(), [](const json& each) {
      return !flag_of(each, "agrees");
    });
  if (differ == 0)
    return {};
  return error{
    errc::failed_condition,
    std::to_string(differ) + " of " + std::to_string(all->size()) +
      " decisions differ from what their inputs lead to; the store was "
      "changed, "
      "or another build made them"};
}

} // namespace ratchet::cli
