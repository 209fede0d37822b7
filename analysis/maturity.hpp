#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ratchet::analysis {

/// When a unit's outcome is fixed.
struct maturity_rule {
  /// How long after its exposure feedback counts: above 0.
  duration horizon{};
  /// The outcome of a unit that got none; without it such units mature without
  /// an outcome, and means are of those who answered only.
  std::optional<double> default_outcome;
};

struct matured_outcome {
  std::string unit;
  time_point exposed;
  std::optional<double> outcome;
  std::uint32_t pieces = 0; ///< Of feedback that count.
};

/// What became of a piece of feedback.
enum class feedback_place : std::uint8_t {
  counted = 1, ///< A later one of the same rater replaces it.
  late = 2,    ///< Beyond the horizon: for training data only.
  unknown = 3, ///< No such unit waits: never exposed, or matured.
};

/// Units that wait until their time for feedback is over.
///
/// A unit's outcome is the mean over its raters of what each said last within
/// the horizon, and it is given out when the watermark has passed exposure and
/// horizon, in the order of exposures. So how fast feedback comes selects
/// nothing: an arm whose bad answers are complained of at once and whose good
/// ones are praised next week is judged by both.
///
/// Times are event times: exposure's and feedback's own.
/// Threads: one at a time.
/// Cost:    memory for the units that wait.
class maturing_units {
public:
  /// The horizon is above 0.
  explicit maturing_units(maturity_rule rule);

  /// Errors: `already_exists` if the unit waits already; `conflict` if the
  ///         watermark has passed it; nothing is changed.
  [[nodiscard]] result<void> expose(const std::string& unit, time_point at);

  /// A value takes the place of the rater's earlier one by event time (ties: by
  /// order of arrival); none takes it back.
  feedback_place feedback(
    const std::string& unit, const std::string& rater, time_point at,
    std::optional<double> value);

  /// The units that matured, by exposure and then by name. A watermark that
  /// does not move forward matures none.
  [[nodiscard]] std::vector<matured_outcome> advance(time_point watermark);

  [[nodiscard]] std::size_t waiting() const { return exposed_.size(); }

private:
  struct vote {
    time_point at;
    std::optional<double> value;
  };
  using votes = std::map<std::string, vote>;
  using key = std::pair<time_point, std::string>;

  [[nodiscard]] matured_outcome
  outcome_of(const key& unit, const votes& given) const;

  maturity_rule rule_;
  std::map<std::string, time_point> exposed_;
  std::map<key, votes> by_exposure_;
  std::optional<time_point> watermark_;
};

} // namespace ratchet::analysis
