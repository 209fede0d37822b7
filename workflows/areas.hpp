#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "workflows/area_options.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Improvement areas of a loop: what a look found, how it is recorded, and what
/// it means to the trigger. The search is not here (analysis/area_look.hpp).

namespace ratchet::workflows {

struct loop_definition;

/// On disk: never renumber.
enum class area_test_kind : std::uint8_t { text = 1, missing = 2, range = 3 };

/// What an area says of one attribute of an interaction.
struct area_test {
  std::string attribute;
  area_test_kind kind = area_test_kind::text;
  std::string text;           ///< text
  std::optional<double> low;  ///< range: from here,
  std::optional<double> high; ///< to below here; none: no bound.

  friend bool operator==(const area_test&, const area_test&) = default;
};

/// With the interval that holds it.
struct area_estimate {
  double value = 0;
  double low = 0;
  double high = 0;

  friend bool operator==(const area_estimate&, const area_estimate&) = default;
};

/// A confirmed area. Errors are in [0, 1]: how far a metric is from its best.
struct found_area {
  std::vector<area_test> tests; ///< All of them hold.
  std::uint64_t rows = 0;       ///< Of all that were looked at.
  std::uint64_t tested = 0;     ///< Of those that confirm.
  area_estimate volume;         ///< Its share of the traffic.
  area_estimate error;
  area_estimate rest_error; ///< Elsewhere.
  area_estimate gap;        ///< The one less the other.
  area_estimate impact;     ///< See area_demand.
  double error_low = 0;     ///< One-sided, at 95 % for this area alone.
  double ln_e = 0;          ///< Evidence of an error above the look's bound.
  std::vector<std::string> examples; ///< Interactions with an error.

  friend bool operator==(const found_area&, const found_area&) = default;
};

/// What one look was of, and what it found: the same again from the same
/// history.
struct area_look {
  std::string metric;
  version_number version; ///< Whose interactions; 0: of none.
  time_point as_of;       ///< Feedback was waited for until then.
  sequence to;            ///< The history up to here.
  std::uint64_t rows = 0;
  double share = 1; ///< Of the interactions that these are.
  std::uint64_t searched = 0;
  std::uint64_t tested = 0;
  std::optional<area_estimate> error; ///< Of all rows; none without any.
  double bound = 0; ///< That an area's error is above; 0: none was tested.
  double false_discovery_rate = 0;
  std::uint64_t candidates = 0;  ///< Combinations that were counted.
  std::uint64_t nominated = 0;   ///< Of these, tested on the other half.
  std::vector<found_area> areas; ///< By impact, the largest first.
  std::uint64_t digest = 0;      ///< Of the rows and the declaration.

  friend bool operator==(const area_look&, const area_look&) = default;
};

/// Event: the decision record of a look. `area_sentence` says the same of
/// `look` again.
struct areas_looked {
  area_look look;
  std::string sentence;
  time_point at;
  friend bool operator==(const areas_looked&, const areas_looked&) = default;
};

/// Command: a look was made.
struct note_areas {
  area_look look;
};

/// The last look that was recorded for a metric.
struct area_mark {
  std::uint64_t event = 0; ///< Number of the loop's event.
  version_number version;
  time_point as_of;
  std::uint64_t digest = 0;

  friend bool operator==(const area_mark&, const area_mark&) = default;
};

/// What a trigger sees of an area.
struct area_brief {
  std::string text;
  double volume = 0;
  double error = 0;
  double rest_error = 0;
  double impact = 0;
  std::uint64_t rows = 0;

  friend bool operator==(const area_brief&, const area_brief&) = default;
};

/// What a trigger sees of the last look at the champion.
struct area_reading {
  std::uint64_t event = 0; ///< Its record.
  version_number version;
  time_point as_of;
  std::uint64_t rows = 0;
  std::uint64_t candidates = 0;
  std::vector<area_brief> areas; ///< By impact, the largest first.

  friend bool operator==(const area_reading&, const area_reading&) = default;
};

/// By metric.
using area_readings = std::map<std::string, area_reading>;

[[nodiscard]] area_reading
reading_of(const area_look& look, std::uint64_t event);

/// Those that are looked at: the options' own, or the loop's.
[[nodiscard]] const std::vector<std::string>&
attributes_of(const loop_definition& definition, const area_options& options);
/// Null: the metric is not looked at for areas.
[[nodiscard]] const area_options*
find_areas(const loop_definition& definition, const std::string& metric);

/// The last moment, up to `now`, that a loop seen first at `first_seen` is to
/// be looked at as of; none before the first.
[[nodiscard]] std::optional<time_point>
look_due(const area_options& options, time_point first_seen, time_point now);

/// Whether an interaction with these attributes is in the area.
[[nodiscard]] bool is_in(
  const found_area& area,
  std::span<const std::pair<std::string, std::string>> attributes);

/// "device is tablet and age is 30 to below 40"
[[nodiscard]] std::string to_text(const found_area& area);

/// One sentence with the numbers: "accuracy of version 3 is worst where device
/// is tablet: error 0.41 (0.36 to 0.46), elsewhere 0.1 ...", or why there is no
/// area.
[[nodiscard]] std::string area_sentence(const area_look& look);

/// `area_of("accuracy", {.impact = 0.01, .rows = 200})`
[[nodiscard]] std::string
area_text(const std::string& metric, const area_demand& demand);

/// What a trigger makes of it.
struct area_finding {
  bool holds = false;
  std::string sentence;
};
/// Holds if the last look at the champion confirmed such an area, and was made
/// after the last start. Both readings may be null: there is none.
[[nodiscard]] area_finding examine_area(
  const std::string& metric, const area_demand& demand,
  const area_reading* reading, const area_reading* at_start);

} // namespace ratchet::workflows
