#include "formats/iso_time.hpp"

#include <chrono>
#include <cstddef>

namespace ratchet::formats {

namespace {

/// A number of fixed width; -1 if there is anything but digits.
template <int Width>
int digits(const char* at) {
  int value = 0;
  for (int i = 0; i < Width; ++i) {
    if (at[i] < '0' || at[i] > '9')
      return -1;
    value = value * 10 + (at[i] - '0');
  }
  return value;
}

constexpr bool one_of(char c, std::string_view choices) {
  return choices.find(c) != std::string_view::npos;
}

/// Takes ".123456" from the front of `rest`: milliseconds, or none.
std::optional<int> take_fraction(std::string_view& rest) {
  if (rest.empty() || !one_of(rest.front(), ".,"))
    return 0;
  rest.remove_prefix(1);
  int ms = 0;
  int weight = 100;
  std::size_t count = 0;
  for (; count < rest.size() && rest[count] >= '0' && rest[count] <= '9';
       ++count, weight /= 10)
    ms += (rest[count] - '0') * weight;
  rest.remove_prefix(count);
  return count > 0 ? std::optional{ms} : std::nullopt;
}

/// "Z", "+02:00" or "-0230", as minutes east of Greenwich.
std::optional<int> read_zone(std::string_view zone) {
  if (zone == "Z" || zone == "z")
    return 0;
  const bool colon = zone.size() == 6 && zone[3] == ':';
  if (!(colon || zone.size() == 5) || !one_of(zone[0], "+-"))
    return std::nullopt;
  const int hours = digits<2>(zone.data() + 1);
  const int minutes = digits<2>(zone.data() + (colon ? 4 : 3));
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
    return std::nullopt;
  return (hours * 60 + minutes) * (zone[0] == '+' ? 1 : -1);
}

} // namespace

std::optional<time_point> parse_iso8601(std::string_view text) {
  constexpr std::size_t up_to_seconds = 19;
  if (
    text.size() <= up_to_seconds || text[4] != '-' || text[7] != '-' ||
    !one_of(text[10], "Tt ") || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const char* const at = text.data();
  const int year = digits<4>(at);
  const int month = digits<2>(at + 5);
  const int day = digits<2>(at + 8);
  const int hour = digits<2>(at + 11);
  const int minute = digits<2>(at + 14);
  const int second = digits<2>(at + 17);
  if ((year | month | day | hour | minute | second) < 0)
    return std::nullopt;
  const std::chrono::year_month_day date{
    std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
    std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  text.remove_prefix(up_to_seconds);
  const auto ms = take_fraction(text);
  const auto offset = read_zone(text);
  if (!ms || !offset)
    return std::nullopt;
  return time_point{
    std::chrono::sys_days{date} + std::chrono::hours{hour} +
    std::chrono::minutes{minute - *offset} + std::chrono::seconds{second} +
    std::chrono::milliseconds{*ms}};
}

} // namespace ratchet::formats
