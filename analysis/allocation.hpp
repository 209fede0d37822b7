#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

/// Which share of the traffic each arm of an experiment gets next.
///
/// More for arms that look better loses less on bad ones, and still every arm
/// keeps a floor, because the scores divide by the share. Shares only say where
/// the traffic goes: who wins is decided by the evidence, which stays right
/// under any shares. All of it is arithmetic; nothing is drawn, so that a
/// replay gives the same shares.

namespace ratchet::analysis {

/// A rate after `a - 1` good and `b - 1` bad outcomes, from a flat start.
/// Shape: a, b >= 1.
struct beta_belief {
  double a = 1;
  double b = 1;
};

/// A mean that is known up to a Gaussian error.
/// Shape: deviation > 0.
struct normal_belief {
  double mean = 0;
  double deviation = 1;
};

using arm_belief = std::variant<beta_belief, normal_belief>;

/// The probability that each arm is the best one: the shares of Thompson
/// sampling.
///
/// Shape:  one belief at least; the sum is 1.
/// Method: the integral of an arm's density times the others' distribution
///         functions, by Gauss and Legendre with 30 points on pieces that end
///         where any of the densities bends. Errors are about 1e-9.
/// Cost:   O(K^2) functions: about 1 ms for 4 arms.
[[nodiscard]] std::vector<double>
best_probabilities(std::span<const arm_belief> arms);

/// The probability of each arm to be one of the two that the top-two rule
/// looks at: half of the time the best one, else the best of the others. Does
/// not starve the second best as Thompson sampling does.
/// Source: Russo (2020), Simple Bayesian algorithms for best-arm
///         identification, Operations Research 68; the rule's beta is 1/2.
[[nodiscard]] std::vector<double>
top_two_weights(std::span<const arm_belief> arms);

/// What was measured of an arm.
struct arm_estimate {
  double units = 0; ///< May be discounted, and so no whole number.
  double mean = 0;
  double variance = 0; ///< Of one outcome.
};

/// The shares that find the best of Gaussian arms with the fewest units.
///
/// At the optimum each other arm is told from the leader equally well, and
/// sum of w_i^2 / v_i over the others is w_L^2 / v_L.
///
/// Shape:  one arm at least; the sum is 1. `slack` >= 0 widens all gaps: being
///         wrong by less does not matter. Gaps count as 0.001 at least and
///         variances as 1e-6. Of equal leaders the one that is known best is
///         the leader, else the first.
/// Source: Garivier, Kaufmann (2016), Optimal best arm identification with
///         fixed confidence, COLT; here for unequal variances.
[[nodiscard]] std::vector<double>
track_and_stop_weights(std::span<const arm_estimate> arms, double slack);

/// The same for rates, exactly (section 2.2 of the paper).
/// Shape: rates in [0, 1], two at least; gaps count as 0.001 at least.
[[nodiscard]] std::vector<double>
rate_track_and_stop_weights(std::span<const double> rates);

/// `floor + (1 - K floor) * weight`: keeps the order, leaves none below the
/// floor. Equal shares if the floor leaves nothing to give.
[[nodiscard]] std::vector<double>
with_floor(std::span<const double> weights, double floor);

/// On disk: never renumber.
enum class allocation_method : std::uint8_t {
  equal = 1,
  thompson = 2,
  top_two = 3,
  track_and_stop = 4,
};

struct allocation_rule {
  allocation_method method = allocation_method::equal;
  double floor = 0.05;
  /// Below this many units an arm gets an equal share, whatever they say.
  double nursery_units = 200;
  /// By how much a share may grow or shrink from one epoch to the next: the
  /// feedback that it was made from is late.
  double max_factor = 2;
  double slack = 0; ///< Of `track_and_stop_weights`.
};

/// An arm as it stands when an epoch begins.
struct arm_state {
  arm_estimate estimate; ///< Outcomes in [0, 1].
  double share = 0;      ///< In the epoch that ends; 0 if it is new.
  bool open = true;      ///< False for a challenger that was rolled back.
};

/// The shares of the next epoch; 0 for arms that are not open, whose share the
/// others get.
///
/// Errors: `invalid_argument` for a rule out of range, no open arm, or
///         estimates outside of what outcomes in [0, 1] can give.
/// Pure: the same inputs give the same shares, to the bit.
[[nodiscard]] result<std::vector<double>>
allocate(const allocation_rule& rule, std::span<const arm_state> arms);

} // namespace ratchet::analysis
