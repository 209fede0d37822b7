#include "cli/read_views.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::cli {

namespace {

constexpr std::uint64_t largest_page = 500;

result<std::string> parameters_of(const audit_request& what, time_point now) {
  const auto since = moment("--since", what.since, now);
  if (!since)
    return since.err();
  const auto until = moment("--until", what.until, now);
  if (!until)
    return until.err();
  std::string out;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, const std::string&>>{
         {"loop", what.loop},
         {"since", *since},
         {"until", *until},
         {"who", what.who},
         {"verb", what.verb}})
    if (!value.empty())
      out += std::string{"&"} + name + "=" + segment(value);
  return out;
}

/// "digits 7 train", "digits v3"
std::string target_of(const json& entry) {
  auto out = text_of(entry, "loop");
  if (const auto number = number_of(entry, "iteration"); number > 0)
    out += " " + std::to_string(number);
  if (const auto stage = text_of(entry, "stage"); !stage.empty())
    out += " " + stage;
  if (const auto version = number_of(entry, "version"); version > 0)
    out += " v" + std::to_string(version);
  return out;
}

/// The newest first, as the engine tells them.
table audit_table(const json& entries, time_point now) {
  table t{
    {{"AT"},
     {"WHO"},
     {"VERB"},
     {"TARGET"},
     {"OUTCOME"},
     {"REASON", align::left, true}}};
  for (const auto& entry : entries) {
    const auto outcome = text_of(entry, "outcome");
    const auto detail = text_of(entry, "detail");
    const auto reason = text_of(entry, "reason");
    t.add(
      {relative_time(time_of(entry, "at"), now),
       text_of(entry, "who"),
       text_of(entry, "verb"),
       target_of(entry),
       {outcome, outcome == "refused" ? style::red : style::plain},
       detail.empty()     ? reason
         : reason.empty() ? detail
                          : reason + " (" + detail + ")"});
  }
  return t;
}

} // namespace

result<void> show_audit(verb_context& c, const audit_request& what) {
  const auto parameters = parameters_of(what, c.clock.now());
  if (!parameters)
    return parameters.err();
  auto all = json::array();
  std::string before;
  do {
    const auto page = std::min(what.limit - all.size(), largest_page);
    auto path = "/v1/audit?limit=" + std::to_string(page) + *parameters;
    if (!before.empty())
      path += "&before=" + segment(before);
    const auto answer = c.server.get(path);
    if (!answer)
      return answer.err();
    for (const auto& each : member_of(*answer, "entries"))
      all.push_back(each);
    before = text_of(*answer, "next_before");
  } while (!before.empty() && all.size() < what.limit);
  return c.show_list(
    all, [](const json& each) { return text_of(each, "at"); },
    [&] { return audit_table(all, c.clock.now()); },
    "no operator has asked for anything");
}

} // namespace ratchet::cli
