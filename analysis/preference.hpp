#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Which of two answers is preferred, over many pairs: strengths of versions,
/// win rates, and what of a win rate is only length.
///
/// A preference is the probability, from a person (0, 1/2, 1) or a judge (any
/// in between), that the first of two is the better one; 1/2 is a tie.

namespace ratchet::analysis {

struct comparison {
  std::string first;
  std::string second;
  double preference = 0.5;
  /// What the pair was made for, a prompt's id: pairs of one prompt resemble
  /// each other, and count together in the errors. Empty: on its own.
  std::string prompt;
};

struct rated_item {
  std::string name;
  double strength = 0; ///< On the scale of logits; the mean of all is 0.
  double standard_error = 0;
  double elo = 0; ///< 400 / ln 10 times the strength: to show, not to compute.
};

struct strength_table {
  std::vector<rated_item> items; ///< By name.
  /// Of the strengths, by row, both in the order of `items`.
  std::vector<double> covariance;
  /// Some group never lost to the others, or never won: how far it is from them
  /// is not known, and only the ridge holds it.
  bool separated = false;
};

/// The strengths by Bradley and Terry: the first is preferred with probability
/// 1 / (1 + e^(s2 - s1)).
///
/// Shape:  any order: the same comparisons give the same bits.
/// Errors: `invalid_argument` without comparisons, for one of an item with
///         itself, a preference outside [0, 1], or items that no chain of
///         comparisons connects: the message names the groups.
/// Method: Newton's, with a ridge of 1e-6; errors by the sandwich, clustered by
///         prompt, which holds also where the model does not fit.
/// Source: Bradley, Terry (1952), Biometrika 39; Hunter (2004), Annals of
///         Statistics 32; White (1982), Econometrica 50.
[[nodiscard]] result<strength_table>
bradley_terry(std::span<const comparison> comparisons);

/// How much stronger one item is than another, with the error of the
/// difference, in which what they have in common cancels.
struct strength_difference {
  double difference = 0;
  double standard_error = 0;
  double win_probability = 0.5;
};

/// Shape: places in `table.items`.
[[nodiscard]] strength_difference difference_of(
  const strength_table& table, std::size_t first, std::size_t second);

/// A pair that a judge saw in both orders, each time with the preference for
/// the same one of the two.
struct judged_pair {
  double shown_first = 0.5;
  double shown_second = 0.5;
};

/// The mean of both if they agree on the better one, else a tie.
[[nodiscard]] double settled_preference(const judged_pair& pair);

struct position_bias {
  std::uint64_t pairs = 0;
  std::uint64_t disagreements = 0;
  /// By how much being shown first raises the preference: 0 is fair; the mean
  /// over the pairs, with its standard error (none below two).
  double shift = 0;
  std::optional<double> standard_error;
};

/// Shape: order-free but for the last bits; sort by pair first.
[[nodiscard]] position_bias
position_bias_of(std::span<const judged_pair> pairs);

/// One prompt, answered by challenger and champion.
struct length_pair {
  double preference = 0.5; ///< For the challenger.
  double extra_length = 0; ///< Challenger's minus champion's.
};

struct win_rate {
  std::uint64_t pairs = 0;
  std::uint64_t wins = 0;
  std::uint64_t draws = 0;
  double share = 0;
  double standard_error = 0;
  /// The share at equal lengths; none where the lengths do not vary.
  std::optional<double> length_controlled;
  std::optional<double> length_controlled_error;
  /// Raw and controlled share are on different sides of one half: length
  /// decides, and a person should look.
  bool needs_review = false;
};

/// The challenger's win rate, as it is and with the length taken out.
///
/// Length is taken out by a logistic regression on tanh of the extra length
/// over its deviation, with a ridge that weighs 12 per 805 pairs on the slope:
/// without it the correction overshoots. It catches answers that win by being
/// long. It does not catch attacks on the judge: those need people or gold
/// questions.
///
/// Shape:  any order: the same pairs give the same bits.
/// Errors: `invalid_argument` below two pairs, a preference outside [0, 1], or
///         a length that is not finite.
/// Source: Dubois, Galambosi, Liang, Hashimoto (2024), Length-controlled
///         AlpacaEval, COLM; the ridge takes the place of the parts of their
///         model that need other models' answers.
[[nodiscard]] result<win_rate> win_rate_of(std::span<const length_pair> pairs);

} // namespace ratchet::analysis
