#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

/// What would another policy have earned on the traffic that was logged?
///
/// Each logged reward is weighted with how much more likely the other policy
/// was to do the same. That is right on average and can be hopeless on the log
/// at hand: where the other policy does what the logged one hardly ever did, a
/// few rows decide. Then nothing is estimated and the reason is given.
/// Estimates rank candidates for an experiment; they never promote one.

namespace ratchet::analysis {

/// What a model of the rewards, fitted on other rows, says of one row.
struct reward_model {
  double taken = 0;  ///< The expected reward of the action that was taken.
  double target = 0; ///< The mean over the other policy's actions.
};

/// One decision as it was logged. For slates: one position of one.
struct logged_decision {
  /// With which probability the logged policy did this, as logged then.
  double logged = 0;
  /// With which probability the other policy does this here.
  double target = 0;
  double reward = 0;
  std::optional<reward_model> model;
};

struct off_policy_rule {
  double max_reward = 1; ///< Rewards are in [0, max_reward].
  /// The largest weight of the lower bound; fixed before the log is seen.
  double clip = 20;
  double alpha = 0.05;         ///< Of the lower bound, one-sided.
  double min_effective = 200;  ///< Rows, after weighting.
  double max_row_share = 0.10; ///< Of one row in the sum of the weights.

  friend bool
  operator==(const off_policy_rule&, const off_policy_rule&) = default;
};

/// On disk: never renumber.
enum class off_policy_refusal : std::uint8_t {
  none = 0,
  too_few_rows = 1,    ///< Fewer than 200.
  no_propensity = 2,   ///< A row without a logged probability.
  not_randomized = 3,  ///< Every logged probability is 1.
  small_effective = 4, ///< The weights leave too few rows.
  one_row_decides = 5, ///< One weight is too large a part of all.
  weights_do_not_fit =
    6 ///< Their mean is not 1: a wrong log, or a wrong policy.
};

/// A mean reward with its standard error.
struct value_estimate {
  double value = 0;
  double standard_error = 0;
};

struct off_policy_estimate {
  off_policy_refusal refusal = off_policy_refusal::none;
  std::uint64_t rows = 0;
  double effective = 0;       ///< (sum w)^2 / sum w^2; 0 without weights.
  double largest_share = 0;   ///< Of one row in the sum of the weights.
  value_estimate mean_weight; ///< Should be 1.
  /// None if refused. Weighted mean; unbiased, wide.
  std::optional<value_estimate> weighted;
  /// Divided by the mean weight: narrower, and inside the range of rewards. The
  /// one to rank by without a model.
  std::optional<value_estimate> normalized;
  /// With the model of the rewards: narrowest with a good one and right with
  /// any. None if a row has no model.
  std::optional<value_estimate> doubly_robust;
  /// The policy earns at least this, with a probability of `1 - alpha`,
  /// whatever the rewards' distribution. None if refused.
  std::optional<double> lower;
  double clipped_away = 0; ///< What clipping took from the weighted mean.
  /// One sentence: the value, or why there is none and what would help.
  std::string sentence;
};

/// The other policy's mean reward, or why this log cannot tell.
///
/// Shape:  any order: the same rows give the same bits.
/// Errors: `invalid_argument` for a rule out of range, a reward outside of
///         [0, max_reward], a probability outside of [0, 1], or a model's value
///         that is not finite.
/// Cost:   O(n log n).
/// Source: weighted and normalized: Swaminathan, Joachims (2015), The
///         self-normalized estimator; doubly robust: Dudik, Langford, Li
///         (2011); the bound: Maurer, Pontil (2009), theorem 4, on weights
///         clipped from above, which only lowers what is bounded from below.
[[nodiscard]] result<off_policy_estimate> estimate_off_policy(
  std::span<const logged_decision> rows, const off_policy_rule& rule);

} // namespace ratchet::analysis
