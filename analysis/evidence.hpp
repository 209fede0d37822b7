#pragma once

#include "analysis/mixture.hpp"
#include "analysis/moments.hpp"
#include "analysis/score.hpp"

/// How much the units seen so far speak for a statement about a challenger.
///
/// All values are logarithms of e-values: 0 is no evidence, ln 20 (3.0) or more
/// is wrong in at most 5 % of the experiments in which the statement is false,
/// however often and whenever one looks, with any distribution of the outcomes
/// and any rule that moved the traffic between the arms.
///
/// Two kinds of "false" are covered. Gain and no-loss are about the effect's
/// running mean over the units so far. Harm is about each unit, is built from
/// bets rather than from the spread, and so speaks after a few dozen units.
/// Where the two disagree, harm is to be believed: that errs on the safe side.
///
/// Source: gain, no-loss and the interval: Howard et al. (2021), theorem 4 with
///         the gamma-exponential mixture. Harm: Waudby-Smith, Ramdas (2024),
///         Estimating means of bounded random variables by betting.

namespace ratchet::analysis {

/// What the evidence is tuned for, fixed before the first unit. Only how soon
/// evidence shows depends on it: with any values the error rates hold.
struct evidence_plan {
  double planned_units = 5000; ///< Of both arms, when a decision is hoped for.
  /// Of a score: p (1 - p) * 4 at a rate of p and half of the traffic each.
  double planned_variance = 0.64;
  double alpha = 0.05;

  friend bool operator==(const evidence_plan&, const evidence_plan&) = default;
};

/// Errors: `invalid_argument` if a number is not above 0 and finite, or alpha
///         not below 1.
[[nodiscard]] result<void> check(const evidence_plan& plan);

/// The e-process of gain, no-loss and interval under this plan.
/// Shape: a plan that passes `check`.
[[nodiscard]] gamma_exponential
effect_mixture(const evidence_plan& plan, const score_rule& rule);

/// Evidence that the mean effect is above `effect`: 0 asks for any gain, a
/// negative number whether a loss beyond it is ruled out.
/// Shape: 0 without units.
/// Cost:  about 2 us.
[[nodiscard]] double effect_above_ln_e(
  const pair_evidence& evidence, const evidence_plan& plan, double effect);

/// Evidence that the challenger does harm: loses more than the rule's
/// `harm_margin`. The mean over ten bets of what each would have become.
/// Shape: 0 without units.
[[nodiscard]] double harm_ln_e(const score_sums& sums);

/// The mean effect so far; none without units.
[[nodiscard]] std::optional<double> mean_effect(const score_sums& sums);

/// The mean effect, in an interval that covers it at all times at once with a
/// probability of `1 - alpha`.
/// Shape: inside [-1, 1], and all of it without units. Not intersected with
///        earlier ones, because the mean effect may move with the traffic.
/// Cost:  about 30 us.
[[nodiscard]] interval effect_sequence(
  const pair_evidence& evidence, const evidence_plan& plan, double alpha);

} // namespace ratchet::analysis
