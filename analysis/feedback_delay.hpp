#pragma once

#include "base/clock.hpp"

#include <optional>
#include <span>
#include <vector>

/// How long does feedback take, and how long is it worth waiting for?

namespace ratchet::analysis {

/// One exposure: when its first feedback came, or for how long it has been
/// watched without any (the delay is then longer: censored).
struct exposure_delay {
  std::optional<duration> feedback_after;
  duration watched{};
};

/// A step of the curve of those still without feedback.
struct delay_step {
  duration after{};
  double without = 1; ///< The share still without feedback, from here on.
  /// Of that share, by Greenwood's formula.
  double standard_error = 0;
};

/// The Kaplan-Meier estimate: what share of exposures has no feedback yet,
/// after each delay at which one got it.
///
/// Right although recent exposures were watched for a short time only: each
/// counts for as long as it was watched. A plain average of delays would leave
/// out the long ones, which have not come yet.
///
/// Shape:  any order in; steps in the order of their delays; empty if no
///         feedback came. Feedback later than `watched` counts as none.
/// Source: Kaplan, Meier (1958), JASA 53.
[[nodiscard]] std::vector<delay_step>
delay_curve(std::span<const exposure_delay> exposures);

/// The time within which the share `p` of all feedback that ever comes has
/// come.
/// Shape: p in (0, 1); none for an empty curve.
[[nodiscard]] std::optional<duration>
delay_quantile(std::span<const delay_step> curve, double p);

/// The horizon to wait for feedback: the 95 % point of its delay, from
/// exposures watched for twice the horizon in use, which have shown what comes
/// late. None if fewer than `min_feedback` of them have feedback: keep the one
/// in use.
///
/// Recompute it weekly, and never inside an experiment, whose outcomes it
/// defines.
[[nodiscard]] std::optional<duration> feedback_horizon(
  std::span<const exposure_delay> exposures, duration in_use,
  std::size_t min_feedback = 100);

} // namespace ratchet::analysis
