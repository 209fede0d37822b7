#pragma once

#include "analysis/evidence.hpp"
#include "analysis/moments.hpp"

#include <cstdint>
#include <optional>
#include <span>

/// Those who answer are not those who were asked. Do the arms get answers
/// equally often, and what follows if they do not?

namespace ratchet::analysis {

/// One arm: matured units, those with feedback, and the mean of that feedback
/// in [0, 1].
struct arm_response {
  std::uint64_t units = 0;
  std::uint64_t responded = 0;
  std::optional<double> mean; ///< Of those who responded.
};

/// All that is certain of the mean over all units of an arm, whatever those who
/// did not answer would have said: [r m, r m + 1 - r] at a response rate of r
/// and a mean of m.
/// Shape:  [0, 1] without units.
/// Source: Manski (1990), AER 80.
[[nodiscard]] interval certain_bounds(const arm_response& arm);

struct response_check {
  /// Challenger's response rate less the champion's, at all times at once.
  interval difference;
  /// The rates differ: the means of those who answered are not comparable, and
  /// a promotion needs a metric that every unit has (no answer as a value, or
  /// an automatic one).
  bool differs = false;
  interval champion;   ///< `certain_bounds`
  interval challenger; ///< `certain_bounds`
};

/// Compares the arms' response rates. `responded` is the evidence of an
/// experiment's units with the outcome 1 for "has answered"
/// (analysis/score.hpp) so it may be read at any time, and under any rule that
/// moved the traffic. At most a share of `alpha` of experiments with equal
/// rates is ever called different.
[[nodiscard]] response_check compare_responses(
  const pair_evidence& responded, const evidence_plan& plan, double alpha,
  const arm_response& champion, const arm_response& challenger);

/// A response and the probability, from what was known before, that this unit
/// would answer.
struct weighted_response {
  double value = 0;
  double probability = 1; ///< Above 0.
};

/// The mean over all units, from those who answered, each standing for the
/// 1 / probability like it: right if the probabilities are.
/// Shape:  a weight is at most `clip`; none without a response.
/// Source: Hajek (1971): the weights are divided by their sum.
[[nodiscard]] std::optional<double>
reweighted_mean(std::span<const weighted_response> responses, double clip = 20);

} // namespace ratchet::analysis
