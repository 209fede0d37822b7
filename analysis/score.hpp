#pragma once

#include "analysis/assign.hpp"
#include "analysis/fixed_sum.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// What one challenger does to one metric, unit by unit.
///
/// A unit is what was randomized (a user, a session), and its outcome one
/// number in [0, 1], turned so that more is better. Each unit of the two arms
/// gets a score whose expected value is exactly the effect of the challenger on
/// that unit, challenger minus champion, by dividing what was seen by the
/// probability with which it was served:
///
///   score = (m1 - m0) + (y - m1) / p        served by the challenger
///           (m1 - m0) - (y - m0) / (1 - p)  served by the champion
///
/// m0, m1 are guesses of the outcome and p is the *logged* probability of the
/// challenger. So the mean score is the mean effect although p changes from
/// hour to hour with what was learned, and although the traffic does too; a
/// difference of pooled means is biased then (Simpson's paradox). Bad guesses
/// cost precision and never truth.
///
/// Time goes in epochs: runs of units with the same p, of 500 at most (see
/// `epoch_limit`). What an epoch needs of the past (its frame: the guesses, and
/// the mean score so far) is frozen when it opens. Within an epoch units may
/// therefore come in any order, in parts that are merged, and be taken back,
/// and all sums have the same bits.
///
/// Source: Howard et al. (2021), section 4.2, for the score and its guesses;
///         Waudby-Smith, Wu, Ramdas, Karampatziakis, Mineiro (2022),
///         Anytime-valid off-policy inference, for adaptive allocation.

namespace ratchet::analysis {

/// What is guessed of the outcome under each arm, each in [0, 1].
struct outcome_guess {
  double champion = 0.5;
  double challenger = 0.5;

  friend bool operator==(const outcome_guess&, const outcome_guess&) = default;
};

/// What an epoch holds fixed.
struct score_frame {
  /// Of the challenger, among the units of these two arms.
  double propensity = 0.5;
  outcome_guess guess;
  /// The mean score of the epochs before, in [-1, 1]: where scores are
  /// expected.
  double center = 0;
  std::uint64_t units_before = 0; ///< Of the epochs before.

  friend bool operator==(const score_frame&, const score_frame&) = default;
};

/// A matured unit: its time for feedback is over.
struct scored_unit {
  arm served_by = arm::champion;
  double outcome = 0; ///< In [0, 1]; more is better.
  /// A guess from what is known of this unit before it was served (a covariate,
  /// a model fitted on earlier data) instead of the frame's: narrower intervals
  /// at the same validity. Must not depend on the arm or on the outcome.
  std::optional<outcome_guess> guess;
};

/// The score of one unit: |score| is at most 1 / min(p, 1 - p).
[[nodiscard]] double
score_of(const score_frame& frame, const scored_unit& unit);

/// What is fixed before an experiment's first unit.
struct score_rule {
  /// No unit is served by either of the two arms with less, in (0, 0.5]. The
  /// price of a small one: intervals start 1 / min_propensity wide.
  double min_propensity = 0.05;
  /// The loss on a unit that is no harm yet, in [0, 1].
  double harm_margin = 0;

  friend bool operator==(const score_rule&, const score_rule&) = default;
};

/// Errors: `invalid_argument` for a number out of range.
[[nodiscard]] result<void> check(const score_rule& rule);

/// The bets against "no harm" are placed in these sizes; see `harm_ln_e`.
inline constexpr std::size_t harm_bets = 10;
[[nodiscard]] std::array<double, harm_bets> harm_bet_sizes(const score_rule&);

/// All that the units of one pair of arms add up to, for one metric.
struct score_sums {
  std::uint64_t champion_units = 0;
  std::uint64_t challenger_units = 0;
  fixed_sum champion_outcomes;
  fixed_sum challenger_outcomes;
  fixed_sum scores;
  /// Of the squared distance from each score to its frame's center.
  fixed_sum spread;
  /// ln of what each of the bets against "no harm" has become.
  std::array<fixed_sum, harm_bets> harm;

  [[nodiscard]] std::uint64_t units() const {
    return champion_units + challenger_units;
  }
  friend bool operator==(const score_sums&, const score_sums&) = default;
};

/// Adds all that `other` holds: sums of other units under the same frames.
void merge(score_sums& sums, const score_sums& other);

/// The evidence on one metric of one challenger. Plain data: 40 bytes an epoch
/// and the sums.
struct pair_evidence {
  score_rule rule;
  std::vector<score_frame> frames; ///< One an epoch, the open one last.
  score_sums sums;                 ///< Of all epochs.
  std::uint64_t taken_back = 0;    ///< Units removed again.

  friend bool operator==(const pair_evidence&, const pair_evidence&) = default;
};

/// The probability of the challenger among the units of champion and
/// challenger, from those of all arms.
/// Shape: both above 0.
[[nodiscard]] inline double
conditional_propensity(double champion, double challenger) {
  return challenger / (champion + challenger);
}

/// How many units an epoch takes at most, if those before it took
/// `units_before`: it grows with them from 20 to 500. The first frames know
/// nothing of the outcomes, and a first epoch of 500 units would cost 15 % more
/// units until a typical gain is seen.
[[nodiscard]] constexpr std::uint64_t epoch_limit(std::uint64_t units_before) {
  return std::clamp<std::uint64_t>(units_before, 20, 500);
}

/// Whether a unit of this propensity needs an epoch of its own: none is open,
/// the open one has another propensity, or as many units as it may.
[[nodiscard]] bool
needs_epoch(const pair_evidence& evidence, double propensity);

/// Opens the next epoch: freezes its frame from all units so far.
/// Errors: `invalid_argument` for a rule out of range, or a propensity below
///         the rule's smallest for either arm; nothing is changed.
[[nodiscard]] result<void>
open_epoch(pair_evidence& evidence, double propensity);

/// Counts `times` equal units in the open epoch.
/// Errors: `invalid_argument` if no epoch is open, or an outcome or guess is
///         outside [0, 1]; nothing is changed.
/// Cost:   about 0.3 us, whatever `times` is.
[[nodiscard]] result<void>
add(pair_evidence& evidence, const scored_unit& unit, std::uint64_t times = 1);

/// Takes one unit of the given epoch (counted from 0) back. Frames that were
/// frozen while it counted stay as they are.
/// Errors: as `add`, and if there is no such epoch or no unit of that arm.
[[nodiscard]] result<void>
remove(pair_evidence& evidence, std::size_t epoch, const scored_unit& unit);

/// An epoch of right or wrong outcomes: all that has to be stored of it.
struct epoch_counts {
  double propensity = 0.5;
  std::uint64_t champion_good = 0;
  std::uint64_t champion_bad = 0;
  std::uint64_t challenger_good = 0;
  std::uint64_t challenger_bad = 0;
};

/// The evidence of epochs of counts, oldest first: to the bit what adding their
/// units one by one gives.
/// Errors: those of `open_epoch`.
[[nodiscard]] result<pair_evidence>
evidence_of(const score_rule& rule, std::span<const epoch_counts> epochs);

} // namespace ratchet::analysis
