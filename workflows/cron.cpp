#include "workflows/cron.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <exception>
#include <optional>
#include <vector>

namespace ratchet::workflows {

namespace {

using namespace std::chrono_literals;
using local_minutes = date::local_time<std::chrono::minutes>;

/// Every day of the month and weekday comes within eight years, also across a
/// century without a leap day.
constexpr int years_to_search = 10;

struct field_rule {
  std::string_view name;
  unsigned first;
  unsigned last;
  std::vector<std::string_view> names; ///< Of `first` and those after it.
};

const std::array<field_rule, 5> rules{{
  {"minute", 0, 59, {}},
  {"hour", 0, 23, {}},
  {"day of month", 1, 31, {}},
  {"month",
   1,
   12,
   {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV",
    "DEC"}},
  {"weekday", 0, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}};

error wrong(const field_rule& rule, std::string_view text) {
  return {
    errc::invalid_argument,
    "\"" + std::string{text} + "\" is no " + std::string{rule.name} +
      "; give *, or values from " + std::to_string(rule.first) + " to " +
      std::to_string(rule.last) + " with , - and /"};
}

bool same_name(std::string_view text, std::string_view name) {
  return std::equal(
    text.begin(), text.end(), name.begin(), name.end(), [](char a, char b) {
      return std::toupper(static_cast<unsigned char>(a)) == b;
    });
}

std::optional<unsigned>
parse_value(const field_rule& rule, std::string_view text) {
  for (std::size_t i = 0; i < rule.names.size(); ++i)
    if (same_name(text, rule.names[i]))
      return rule.first + static_cast<unsigned>(i);
  unsigned value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || text.empty())
    return std::nullopt;
  if (value < rule.first || value > rule.last)
    return std::nullopt;
  return value;
}

/// What is before the first `mark`, and what is behind it; none without.
std::pair<std::string_view, std::optional<std::string_view>>
split_at(std::string_view text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos)
    return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

/// `*`, `5`, `1-5`, each with `/step`; sets what it names.
template <std::size_t N>
bool parse_part(
  const field_rule& rule, std::string_view part, std::bitset<N>& out) {
  const auto [range, step_text] = split_at(part, '/');
  unsigned step = 1;
  if (step_text) {
    const field_rule any{"step", 1, rule.last, {}};
    const auto parsed = parse_value(any, *step_text);
    if (!parsed)
      return false;
    step = *parsed;
  }
  auto from = rule.first;
  auto to = rule.last;
  if (range != "*") {
    const auto [first, last] = split_at(range, '-');
    const auto low = parse_value(rule, first);
    const auto high = last ? parse_value(rule, *last) : low;
    if (!low || !high || *low > *high)
      return false;
    from = *low;
    // `5/10` goes on to the end, as cron has it.
    to = step_text && !last ? rule.last : *high;
  }
  for (auto value = from; value <= to; value += step)
    out.set(value % N); // Weekday 7 is Sunday too.
  return true;
}

template <std::size_t N>
result<void> parse_field(
  const field_rule& rule, std::string_view text, std::bitset<N>& out) {
  for (std::optional<std::string_view> rest = text; rest;) {
    const auto [part, more] = split_at(*rest, ',');
    if (!parse_part(rule, part, out))
      return wrong(rule, text);
    rest = more;
  }
  return {};
}

std::string_view spell_out(std::string_view expression) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> names{
    {{"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@weekly", "0 0 * * 0"},
     {"@monthly", "0 0 1 * *"},
     {"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"}}};
  for (const auto& [name, meaning] : names)
    if (name == expression)
      return meaning;
  return expression;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto from = text.find_first_not_of(" \t", at);
    if (from == std::string_view::npos)
      break;
    at = std::min(text.find_first_of(" \t", from), text.size());
    out.push_back(text.substr(from, at - from));
  }
  return out;
}

bool matches(const cron_schedule& schedule, date::local_days day) {
  const date::year_month_day calendar{day};
  if (!schedule.months.test(static_cast<unsigned>(calendar.month())))
    return false;
  const bool by_day = schedule.days.test(static_cast<unsigned>(calendar.day()));
  const bool by_weekday =
    schedule.weekdays.test(date::weekday{day}.c_encoding());
  if (schedule.every_day || schedule.every_weekday)
    return by_day && by_weekday;
  return by_day || by_weekday;
}

/// The first named minute of `day` at or after `from`.
std::optional<std::chrono::minutes>
first_in_day(const cron_schedule& schedule, std::chrono::minutes from) {
  for (auto minute = from; minute < 24h; ++minute) {
    const auto hour = static_cast<std::size_t>(minute / 1h);
    if (!schedule.hours.test(hour)) {
      minute = std::chrono::hours{hour + 1} - 1min;
      continue;
    }
    if (schedule.minutes.test(static_cast<std::size_t>(minute % 1h / 1min)))
      return minute;
  }
  return std::nullopt;
}

/// The first named local time after `after`, if there is one.
std::optional<local_minutes>
next_local(const cron_schedule& schedule, local_minutes after) {
  const auto start = after + 1min;
  auto day = date::floor<date::days>(start);
  auto from = start - local_minutes{day};
  const auto end = day + date::days{years_to_search * 366};
  for (; day < end; day += date::days{1}, from = 0min)
    if (matches(schedule, day))
      if (const auto minute = first_in_day(schedule, from))
        return day + *minute;
  return std::nullopt;
}

/// The moment of a local time: the first of two, or the end of the gap.
time_point moment_of(const date::time_zone& zone, local_minutes local) {
  const auto info = zone.get_info(local);
  const auto moment = info.result == date::local_info::nonexistent
    ? date::sys_time<duration>{info.first.end}
    : date::sys_time<duration>{
        local.time_since_epoch() - duration{info.first.offset}};
  return time_point{moment.time_since_epoch()};
}

} // namespace

result<cron_schedule> parse_cron(std::string_view expression) {
  const auto fields = words(spell_out(expression));
  if (fields.size() != rules.size())
    return error{
      errc::invalid_argument,
      "\"" + std::string{expression} + "\" has " +
        std::to_string(fields.size()) +
        " fields; give five: minute, hour, day of month, month, weekday"};
  cron_schedule out;
  if (auto ok = parse_field(rules[0], fields[0], out.minutes); !ok)
    return ok.err();
  if (auto ok = parse_field(rules[1], fields[1], out.hours); !ok)
    return ok.err();
  if (auto ok = parse_field(rules[2], fields[2], out.days); !ok)
    return ok.err();
  if (auto ok = parse_field(rules[3], fields[3], out.months); !ok)
    return ok.err();
  if (auto ok = parse_field(rules[4], fields[4], out.weekdays); !ok)
    return ok.err();
  out.every_day = fields[2] == "*";
  out.every_weekday = fields[4] == "*";
  return out;
}

result<time_point> next_time(
  const cron_schedule& schedule, const std::string& zone, time_point after) {
  const date::time_zone* rules_of_zone = nullptr;
  try {
    rules_of_zone = date::locate_zone(zone);
  } catch (const std::exception&) {
    return error{
      errc::invalid_argument,
      "there is no time zone \"" + zone +
        "\"; give an IANA name, such as \"Europe/Berlin\" or \"UTC\""};
  }
  const auto utc = date::sys_time<duration>{after.time_since_epoch()};
  auto local = date::floor<std::chrono::minutes>(rules_of_zone->to_local(utc));
  // Clocks that were set back repeat local times: those that came the first
  // time are behind `after` already.
  for (;;) {
    const auto next = next_local(schedule, local);
    if (!next)
      return error{
        errc::invalid_argument, "no day within ten years matches; give one"};
    if (const auto moment = moment_of(*rules_of_zone, *next); moment > after)
      return moment;
    local = *next;
  }
}

} // namespace ratchet::workflows
