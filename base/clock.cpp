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

} // namespace ratchet
