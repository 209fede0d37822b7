#include "workflows/areas.hpp"
#include "workflows/definition.hpp"
#include "workflows/drops.hpp"

#include <array>
#include <utility>

namespace ratchet::workflows {

namespace {

/// In the largest unit that leaves nothing over: no two durations share one.
std::string exact(duration d) {
  constexpr std::array<std::pair<std::int64_t, const char*>, 4> units{
    {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}}};
  for (const auto& [ms, name] : units)
    if (d.count() != 0 && d.count() % ms == 0)
      return std::to_string(d.count() / ms) + name;
  return std::to_string(d.count()) + "ms";
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string children_of(const trigger_condition& condition) {
  std::string text;
  for (const auto& child : condition.children) {
    if (!text.empty())
      text += ", ";
    text += to_text(child);
    if (child.hysteresis)
      text += ".hysteresis()";
  }
  return text;
}

} // namespace

std::string to_text(const trigger_condition& condition) {
  switch (condition.kind) {
  case condition_kind::feedback_count:
    return "feedback_count(" + quoted(condition.channel) + ", " +
      std::to_string(condition.count) + ")";
  case condition_kind::every:
    return "every(" + exact(condition.interval) + ")";
  case condition_kind::any_of:
    return "any_of(" + children_of(condition) + ")";
  case condition_kind::all_of:
    return "all_of(" + children_of(condition) + ")";
  case condition_kind::at_least_of:
    return "at_least_of(" + std::to_string(condition.count) + ", " +
      children_of(condition) + ")";
  case condition_kind::cron:
    return "cron(" + quoted(condition.schedule) + ", " +
      quoted(condition.zone) + ")";
  case condition_kind::champion_age:
    return "champion_older_than(" + exact(condition.interval) + ")";
  case condition_kind::webhook:
    return "webhook(" + quoted(condition.source) + ")";
  case condition_kind::promoted:
    return "promoted(" + quoted(condition.source) + ")";
  case condition_kind::drop:
    return drop_text(condition.source, condition.drop);
  case condition_kind::area:
    return area_text(condition.source, condition.area);
  case condition_kind::rolled_back:
    return "rolled_back()";
  }
  return "unknown";
}

} // namespace ratchet::workflows
