#include "base/clock.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace ratchet {

time_point system_wall_clock::now() const {
  return std::chrono::time_point_cast<duration>(
    std::chrono::system_clock::now());
}

std::string to_iso8601(time_point t) {
  const auto ms = to_ms(t);
  auto millis = ms % 1000;
  auto seconds = static_cast<std::time_t>(ms / 1000);
  if (millis < 0) {
    millis += 1000;
    seconds -= 1;
  }
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 48> text{};
  const auto size = std::snprintf(
    text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
    parts.tm_min, parts.tm_sec, static_cast<int>(millis));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string format_duration(duration d) {
  struct unit {
    const char* name;
    std::uint64_t ms;
  };
  static constexpr std::array units{
    unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"min", 60'000},
    unit{"s", 1000}, unit{" ms", 1}};
  // The most negative count has no positive counterpart in its own type.
  auto left = static_cast<std::uint64_t>(d.count());
  if (d < duration{0})
    left = 0 - left;
  std::string text;
  std::size_t at = 0;
  while (at + 1 < units.size() && left < units[at].ms)
    ++at;
  text = std::to_string(left / units[at].ms) + units[at].name;
  left %= units[at].ms;
  if (at + 1 < units.size() && left >= units[at + 1].ms)
    text += " " + std::to_string(left / units[at + 1].ms) + units[at + 1].name;
  return d < duration{0} ? "-" + text : text;
}

} // namespace ratchet
