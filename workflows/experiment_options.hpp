#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a loop's author declares of an experiment: challengers against the
/// champion, with live traffic. Plain data; what becomes of it is in
/// analysis/experiment.hpp.

namespace ratchet::workflows {

/// A metric on which a challenger may not lose more than is allowed.
struct experiment_guardrail {
  std::string metric;
  double allowed_loss = 0.01; ///< Of the mean, on the scale of [0, 1].
  /// As `experiment_options::default_outcome`.
  std::optional<double> default_outcome{};

  friend bool operator==(
    const experiment_guardrail&, const experiment_guardrail&) = default;
};

/// A part of a ramp: the challengers together get `traffic` for so long.
struct traffic_step {
  double traffic = 0.5;
  duration lasts{0}; ///< Of the last step: no matter.

  friend bool operator==(const traffic_step&, const traffic_step&) = default;
};

/// Every metric counts as a mean of outcomes in [0, 1] that is turned so that
/// more is better: a boolean is 0 or 1, a number is scaled by the bounds of its
/// channel, and lower_is_better turns either round.
struct experiment_options {
  std::string metric;    ///< The primary one: what must improve.
  double traffic = 0.5;  ///< The challengers' share, without a ramp.
  double min_effect = 0; ///< To be exceeded; -0.01 allows a loss below that.
  std::vector<experiment_guardrail> guardrails{};
  std::vector<traffic_step> ramp{}; ///< In place of `traffic`; never down.
  std::uint64_t min_units = 200;    ///< Each arm needs, before a promotion.
  /// It ends without a winner at so many units, or after so long.
  std::uint64_t max_units = 100'000;
  duration min_duration{0}; ///< A week sees each weekday once.
  duration max_duration{std::chrono::hours{24 * 28}};
  /// How long a unit's feedback is waited for; 0: the loop's join window.
  duration horizon{0};
  /// What a unit counts as of which nothing was said, in [0, 1]. Absent: it is
  /// in no mean, and arms that answer unequally often are not compared.
  std::optional<double> default_outcome{};
  double harm_margin = 0; ///< The loss on a unit that is no harm yet.
  double alpha = 0.05;    ///< Of promotions without a gain, over all of them.
  double guardrail_alpha = 0.05;
  double harm_alpha = 0.005;
  double min_share = 0.05;     ///< No arm is given less, if it is given any.
  double planned_units = 5000; ///< When a decision is hoped for.
  /// Of several that the gates before it passed, so many go in at most, the
  /// best first. A `choose` before it leaves one.
  std::uint32_t challengers = 1;

  friend bool
  operator==(const experiment_options&, const experiment_options&) = default;
};

} // namespace ratchet::workflows
