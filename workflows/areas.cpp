#include "workflows/areas.hpp"

#include "workflows/definition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace ratchet::workflows {

area_reading reading_of(const area_look& look, std::uint64_t event) {
  area_reading reading{event,     look.version,    look.as_of,
                       look.rows, look.candidates, {}};
  for (const auto& area : look.areas)
    reading.areas.push_back(
      {to_text(area), area.volume.value, area.error.value,
       area.rest_error.value, area.impact.value, area.rows});
  return reading;
}

const std::vector<std::string>&
attributes_of(const loop_definition& definition, const area_options& options) {
  return options.by.empty() ? definition.slice_by : options.by;
}

const area_options*
find_areas(const loop_definition& definition, const std::string& metric) {
  const auto found = std::find_if(
    definition.areas.begin(), definition.areas.end(),
    [&](const area_options& one) { return one.metric == metric; });
  return found == definition.areas.end() ? nullptr : &*found;
}

std::optional<time_point>
look_due(const area_options& options, time_point first_seen, time_point now) {
  if (first_seen == time_point{} || now < first_seen + options.every)
    return std::nullopt;
  return first_seen + (now - first_seen) / options.every * options.every;
}

namespace {

const std::string* find_value(
  std::span<const std::pair<std::string, std::string>> attributes,
  const std::string& name) {
  for (const auto& [attribute, value] : attributes)
    if (attribute == name && !value.empty())
      return &value;
  return nullptr;
}

bool is_within(const area_test& test, const std::string& text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc{} && read.ptr == end && std::isfinite(value) &&
    (!test.low || value >= *test.low) && (!test.high || value < *test.high);
}

} // namespace

bool is_in(
  const found_area& area,
  std::span<const std::pair<std::string, std::string>> attributes) {
  return std::all_of(
    area.tests.begin(), area.tests.end(), [&](const area_test& test) {
      const auto* value = find_value(attributes, test.attribute);
      switch (test.kind) {
      case area_test_kind::text:
        return value != nullptr && *value == test.text;
      case area_test_kind::missing:
        return value == nullptr;
      case area_test_kind::range:
        return value != nullptr && is_within(test, *value);
      }
      return false;
    });
}

} // namespace ratchet::workflows
