#include "cli/read_views.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

#include <utility>

namespace ratchet::cli {

namespace {

std::string when_text(const json& from, const char* name, time_point now) {
  const auto time = time_of(from, name);
  return time == time_point{} ? "-" : relative_time(time, now);
}

table definition_table(const json& all, time_point now) {
  table t{
    {{"FINGERPRINT"},
     {"FIRST HOSTED"},
     {"LAST HOSTED"},
     {"IN FLIGHT", align::right},
     {""}}};
  for (const auto& each : all)
    t.add(
      {text_of(each, "fingerprint"),
       when_text(each, "first_hosted", now),
       when_text(each, "last_hosted", now),
       std::to_string(number_of(each, "in_flight")),
       {flag_of(each, "hosted") ? "hosted" : "", style::green}});
  return t;
}

/// A place that came or went shows what it is; a setting what it was and is.
std::string difference_text(const verb_context& c, const json& answer) {
  const auto& changes = member_of(answer, "changes");
  auto out =
    "from " + text_of(answer, "from") + " to " + text_of(answer, "to") + "\n\n";
  if (changes.empty())
    return out + "they say the same\n";
  table t{
    {{"PLACE"},
     {"SETTING"},
     {"BEFORE", align::left, true},
     {"AFTER", align::left, true}}};
  for (const auto& each : changes) {
    const bool added = member_of(each, "before").is_null();
    const bool removed = member_of(each, "after").is_null();
    auto name = text_of(each, "name");
    if (name.empty())
      name = added ? "(added)" : "(removed)";
    t.add(
      {text_of(each, "place"),
       name,
       {added ? "-" : text_of(each, "before"), style::red},
       {removed ? "-" : text_of(each, "after"), style::green}});
  }
  return out + t.render(c.paint, c.width);
}

} // namespace

result<void> list_definitions(verb_context& c, const std::string& loop) {
  const auto answer = c.server.get(loop_path(loop, "/definitions"));
  if (!answer)
    return answer.err();
  const auto& all = member_of(*answer, "definitions");
  return c.show_list(
    all, [](const json& each) { return text_of(each, "fingerprint"); },
    [&] { return definition_table(all, c.clock.now()); },
    "it has had no definition");
}

result<void> compare_definitions(
  verb_context& c, const std::string& loop, const std::string& from,
  const std::string& to) {
  std::string query;
  for (const auto& [name, value] :
       {std::pair{"from", from}, std::pair{"to", to}})
    if (!value.empty())
      query +=
        std::string{query.empty() ? "?" : "&"} + name + "=" + segment(value);
  const auto answer =
    c.server.get(loop_path(loop, "/definitions/diff" + query));
  if (!answer)
    return answer.err();
  return c.show(*answer, text_of(*answer, "to"), [&] {
    return difference_text(c, *answer);
  });
}

} // namespace ratchet::cli
