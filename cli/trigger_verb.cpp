#include "cli/read_views.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace ratchet::cli {

namespace {

std::string word_of(const json& condition) {
  if (!flag_of(condition, "holds"))
    return "waits";
  return flag_of(condition, "armed") ? "holds" : "disarmed";
}

style style_of_word(const std::string& word) {
  return word == "holds" ? style::green
    : word == "disarmed" ? style::yellow
                         : style::plain;
}

/// Combinations by their first word: their parts follow below.
std::string title_of(const json& condition) {
  const auto text = text_of(condition, "condition");
  return member_of(condition, "of").empty() ? text
                                            : text.substr(0, text.find('('));
}

void add_rows(
  table& to, const json& condition, std::size_t depth, time_point now) {
  const auto word = word_of(condition);
  const auto due = time_of(condition, "due");
  to.add(
    {std::string(2 * depth, ' ') + title_of(condition),
     {word, style_of_word(word)},
     due == time_point{} ? "-" : relative_time(due, now),
     text_of(condition, "sentence")});
  for (const auto& child : member_of(condition, "of"))
    add_rows(to, child, depth + 1, now);
}

std::string milliseconds(const json& from, const char* name) {
  return short_duration(
    duration{static_cast<std::int64_t>(number_of(from, name))});
}

std::string limits_text(const json& answer) {
  std::string out;
  const auto add = [&out](const std::string& part) {
    out += (out.empty() ? "" : ", ") + part;
  };
  if (number_of(answer, "minimum") > 0)
    add("at least " + with_commas(number_of(answer, "minimum")) + " new");
  if (number_of(answer, "cooldown_ms") > 0)
    add("cooldown " + milliseconds(answer, "cooldown_ms"));
  if (const auto& budget = member_of(answer, "budget"); budget.is_object())
    add(
      std::to_string(number_of(budget, "used")) + " of " +
      std::to_string(number_of(budget, "starts")) + " starts in " +
      milliseconds(budget, "window_ms"));
  if (const auto& compute = member_of(answer, "compute_budget");
      compute.is_object())
    add(
      milliseconds(compute, "used_ms") + " of " +
      milliseconds(compute, "running_ms") + " compute in " +
      milliseconds(compute, "window_ms"));
  return out;
}

std::string triggers_text(const verb_context& c, const json& answer) {
  const auto now = c.clock.now();
  std::string out = c.paint(style::bold, printable(text_of(answer, "loop"))) +
    "  " + text_of(answer, "outcome") +
    (flag_of(answer, "paused") ? ", paused" : "") + "\n";
  const auto field = [&](std::string_view name, const std::string& value) {
    if (!value.empty())
      out += c.paint(style::dim, pad_right(name, 10)) + printable(value) + "\n";
  };
  field("because", text_of(answer, "sentence"));
  const auto again = time_of(answer, "look_again");
  field("next", again == time_point{} ? "" : relative_time(again, now));
  field("limits", limits_text(answer));
  field(
    "running",
    std::to_string(number_of(answer, "running")) + " of " +
      std::to_string(number_of(answer, "max_in_flight")) +
      ", when busy: " + text_of(answer, "busy"));
  if (const auto& queued = member_of(answer, "queued"); queued.is_object())
    field(
      "queued",
      text_of(queued, "reason") + ", " +
        relative_time(time_of(queued, "at"), now));
  field("started", relative_time(time_of(answer, "last_start"), now));
  const auto& condition = member_of(answer, "condition");
  if (!condition.is_object())
    return out;
  table conditions{
    {{"CONDITION", align::left, true},
     {"STATE"},
     {"DUE"},
     {"NOW", align::left, true}}};
  add_rows(conditions, condition, 0, now);
  return out + "\n" + conditions.render(c.paint, c.width);
}

} // namespace

result<void> show_triggers(verb_context& c, const std::string& loop) {
  const auto answer = c.server.get(loop_path(loop, "/triggers"));
  if (!answer)
    return answer.err();
  return c.show(*answer, loop, [&] { return triggers_text(c, *answer); });
}

} // namespace ratchet::cli
