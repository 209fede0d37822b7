#include "workflows/areas.hpp"
#include "workflows/detail/number_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ratchet::workflows {

namespace {

using detail::number_text;

/// For people: three digits that count.
std::string rounded(double value) {
  std::array<char, 32> buffer{};
  const auto size = std::snprintf(buffer.data(), buffer.size(), "%.3g", value);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string percent(double share) {
  std::array<char, 32> buffer{};
  const auto size =
    std::snprintf(buffer.data(), buffer.size(), "%.3g %%", 100 * share);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string with_interval(const area_estimate& x) {
  return rounded(x.value) + " (" + rounded(x.low) + " to " + rounded(x.high) +
    ")";
}

std::string text_of(const area_test& test) {
  switch (test.kind) {
  case area_test_kind::text:
    return test.attribute + " is " + test.text;
  case area_test_kind::missing:
    return test.attribute + " is missing";
  case area_test_kind::range:
    if (!test.low)
      return test.attribute + " is " +
        (test.high ? "below " + number_text(*test.high) : "any number");
    return test.attribute + " is " + number_text(*test.low) +
      (test.high ? " to below " + number_text(*test.high) : " or more");
  }
  return "unknown";
}

std::string name_of(version_number version) {
  return version.value == 0 ? "what serves without a version"
                            : "version " + std::to_string(version.value);
}

std::string count_of(std::uint64_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// Why there is none.
std::string no_area(const area_look& look) {
  const auto of = look.metric + " of " + name_of(look.version);
  if (look.rows == 0)
    return "nothing that is old enough has been said of " + of;
  const auto all = count_of(look.rows, "interaction");
  if (look.searched == 0 || look.tested == 0)
    return of + " has no area that is known: " + all +
      " are too few to search in one half of the units and to confirm in the "
      "other";
  if (look.nominated == 0)
    return of + " has no area: of " + count_of(look.candidates, "combination") +
      " of attributes in " + all + ", none is worse than the mean error of " +
      rounded(look.error ? look.error->value : 0);
  return of + " has no area that is confirmed: of " +
    count_of(look.candidates, "combination") + " of attributes in " + all +
    ", " + std::to_string(look.nominated) +
    " looked worse, and none was confirmed by " + std::to_string(look.tested) +
    " others to have an error above " + rounded(look.bound) +
    " (false discovery rate " + number_text(look.false_discovery_rate) + ")";
}

std::string brief_of(const area_brief& area) {
  return area.text + ": error " + rounded(area.error) + ", elsewhere " +
    rounded(area.rest_error) + ", in " + percent(area.volume) +
    " of the traffic";
}

} // namespace

std::string to_text(const found_area& area) {
  std::string text;
  for (const auto& test : area.tests)
    text += (text.empty() ? "" : " and ") + text_of(test);
  return text;
}

std::string area_sentence(const area_look& look) {
  if (look.areas.empty())
    return no_area(look);
  const auto& worst = look.areas.front();
  auto text = look.metric + " of " + name_of(look.version) +
    " loses most where " + to_text(worst) + ": error " +
    with_interval(worst.error) + ", elsewhere " +
    with_interval(worst.rest_error) + ", in " + percent(worst.volume.value) +
    " of the traffic; at the mean it would gain " + with_interval(worst.impact);
  if (look.areas.size() > 1)
    text += "; " + count_of(look.areas.size() - 1, "more area");
  return text + " (of " + count_of(look.candidates, "combination") + " in " +
    count_of(look.rows, "interaction") + "; false discovery rate " +
    number_text(look.false_discovery_rate) + ")";
}

std::string area_text(const std::string& metric, const area_demand& demand) {
  std::string options;
  if (demand.impact > 0)
    options += ".impact = " + number_text(demand.impact);
  if (demand.rows > 0)
    options += (options.empty() ? "" : ", ") + std::string{".rows = "} +
      std::to_string(demand.rows);
  return "area_of(\"" + metric + "\"" +
    (options.empty() ? "" : ", {" + options + "}") + ")";
}

area_finding examine_area(
  const std::string& metric, const area_demand& demand,
  const area_reading* reading, const area_reading* at_start) {
  if (reading == nullptr)
    return {
      false, metric + " of the champion has not been looked at for areas yet"};
  const auto of = metric + " of " + name_of(reading->version);
  if (reading->areas.empty())
    return {
      false,
      "of " + count_of(reading->candidates, "combination") + " in " +
        count_of(reading->rows, "interaction") + " none is an area of " + of};
  const auto found = std::find_if(
    reading->areas.begin(), reading->areas.end(), [&](const area_brief& one) {
      return one.impact >= demand.impact && one.rows >= demand.rows;
    });
  const bool meets = found != reading->areas.end();
  const auto& shown = meets ? *found : reading->areas.front();
  auto text = of + " loses where " + brief_of(shown) +
    "; at the mean it would gain " + rounded(shown.impact);
  if (demand.impact > 0)
    text += ", of " + rounded(demand.impact);
  if (demand.rows > 0)
    text += "; " + std::to_string(shown.rows) + " of " +
      std::to_string(demand.rows) + " rows";
  const bool fresh = at_start == nullptr || reading->event > at_start->event;
  if (meets && !fresh)
    text += ", as at the last start";
  return {meets && fresh, std::move(text)};
}

} // namespace ratchet::workflows
