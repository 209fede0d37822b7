#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The gate before a promotion: is the challenger good enough, judged on the
/// samples that both models were scored on?
///
/// Two rules, both one-sided at `alpha`, "difference" counted so that positive
/// is better:
///
///   not worse     lower bound of the difference > -margin
///   must improve  significantly better: exact McNemar p <= alpha where scores
///                 are right or wrong, else lower bound > 0
///
/// What is not shown does not pass: a challenger that looks fine on few samples
/// is stopped, and the sentence says how many would decide. The error this
/// leaves open is promoting a challenger that loses `margin` or more: at most
/// `alpha` of such challengers pass.

namespace ratchet::analysis {

/// What one evaluation sample brought. Both scores make a pair; a sample with
/// one score is counted but not used.
struct scored_sample {
  std::string id;
  std::optional<double> champion;
  std::optional<double> challenger;
  /// The slices it belongs to, "writer=w3"; may be empty.
  std::vector<std::string> slices;
};

struct gate_rule {
  double margin = 0; ///< Largest loss that still passes, in score units.
  double alpha = 0.05;
  std::uint64_t min_pairs = 10; ///< Fewer say nothing.
  bool must_improve = false;
};

struct gate_inputs {
  std::string metric;
  bool higher_is_better = true;
  /// False only while the loop has no champion: the challenger then passes by
  /// having scores. With a champion, its scores must be there.
  bool has_champion = true;
  gate_rule rule;
  /// Names this gate of this iteration, for ever: keys the bootstrap's draws,
  /// so that a replay gives the same bits.
  std::string seed;
  /// Any order; ids differ.
  std::vector<scored_sample> samples;
};

/// On disk: never renumber.
enum class gate_verdict : std::uint8_t {
  passed = 1,
  failed = 2,
  insufficient = 3, ///< Does not pass: too little was scored to say.
};

/// A slice on which the challenger is significantly worse.
struct slice_regression {
  std::string slice;
  std::uint64_t n = 0;
  double difference = 0;
  double p_value = 1;
};

/// All that led to the verdict: recorded with the decision and shown to people.
/// Differences are challenger minus champion, turned so that positive is
/// better; means are as scored.
struct gate_evidence {
  gate_verdict verdict = gate_verdict::insufficient;
  std::string metric;
  std::string method;         ///< Of the bounds: "Tango score bounds", ...
  std::string test;           ///< Of the p value: "exact McNemar", ...
  std::uint64_t n = 0;        ///< Pairs.
  std::uint64_t unpaired = 0; ///< Samples with one score only.
  std::optional<double> champion_mean;
  std::optional<double> challenger_mean;
  std::optional<double> difference;
  std::optional<double> lower; ///< One-sided at 1 - alpha.
  std::optional<double> upper; ///< One-sided at 1 - alpha.
  std::uint64_t wins = 0;      ///< Pairs on which the challenger is better.
  std::uint64_t losses = 0;    ///< Pairs on which it is worse.
  /// Of "no difference": one-sided if the rule is must_improve.
  std::optional<double> p_value;
  double margin = 0;
  double alpha = 0;
  bool must_improve = false;
  std::uint64_t slices_tested = 0;
  std::vector<slice_regression> regressions;
  /// One sentence in plain English with the numbers and what would help.
  std::string sentence;
};

/// Judges a challenger.
///
/// Methods: scores that are all 0 or 1 are taken as right or wrong: Tango's
///   bounds and the exact McNemar test (fewer than 10 disagreements are too few
///   for must_improve). Other scores: the paired bootstrap (BCa) and Student's
///   t, of which the lower bound is the smaller, because the bootstrap is too
///   sure on few pairs and t on skewed ones.
/// Slices: one with `min_pairs` or more is tested for a loss beyond twice the
///   margin; if any is significant (Holm over the slices, at `alpha`), the gate
///   fails although the whole would pass.
/// Errors: `invalid_argument` for a rule out of range, a sample id that comes
///   twice, or a score that is not finite.
/// Pure: the same inputs in any order give the same evidence.
/// Cost:   10,000 times the pairs if the scores are numbers, else small.
[[nodiscard]] result<gate_evidence> evaluate_gate(const gate_inputs& inputs);

} // namespace ratchet::analysis
