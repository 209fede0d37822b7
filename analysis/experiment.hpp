#pragma once

#include "analysis/evidence.hpp"
#include "analysis/multiplicity.hpp"
#include "analysis/sample_ratio.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// An experiment with live traffic: is a challenger to be promoted, rolled
/// back, or neither? To be asked as often as one likes, best after every
/// matured unit; the first verdict other than `keep_running` ends it.
///
/// The first of these that holds is the verdict:
///
///   invalid        the arms did not get their shares of units, or more than
///                  0.1 % of the units have no logged propensity: by evidence
///                  that may be looked at all the time, not by a raw share
///   rolled_back    every challenger does harm, to any metric
///   promote        one is better on the primary metric and no worse than
///                  allowed on any guardrail, on enough units and time
///   keep_champion  the cap on units or on time is reached
///   keep_running   none of these
///
/// A challenger that does harm is out from then on, while others go on.
///
/// What is promised, whatever the traffic does and however often one looks:
/// of the promotions over the whole series of experiments, a share of at most
/// `alpha` is no gain on average. With a probability of at most
/// `guardrail_alpha` a challenger is promoted that loses more on some guardrail
/// than is allowed, with `harm_alpha` one is rolled back that does no harm to
/// any unit, with `ratio_alpha` a sound experiment is called invalid, and with
/// `response_alpha` units that answer equally often are said not to.
///
/// Units that give no answer, where no default is declared for them, are in no
/// mean. So a challenger whose units answer more or less often than the
/// champion's is not promoted, whatever the means say: see
/// analysis/response.hpp.

namespace ratchet::analysis {

/// A metric whose outcomes are in [0, 1], turned so that more is better.
struct experiment_metric {
  std::string name;
  /// Primary: the effect that must be exceeded. 0 asks for any gain, -0.01 for
  /// a loss below 0.01. Guardrail: minus the loss that is allowed.
  double min_effect = 0;
  evidence_plan plan;
};

struct experiment_rule {
  experiment_metric primary;
  std::vector<experiment_metric> guardrails;
  double alpha = 0.05;
  double guardrail_alpha = 0.05;
  double harm_alpha = 0.005;
  double ratio_alpha = 0.001;
  double response_alpha = 0.001;
  spending pace = spending::quick;
  /// Matured units each arm needs before a promotion; none before a rollback.
  std::uint64_t min_units = 200;
  /// Of all arms together.
  std::uint64_t max_units = 100'000;
  /// A week sees each weekday once.
  duration min_duration{0};
  duration max_duration = std::chrono::hours{24 * 28};
};

struct challenger_evidence {
  std::string name;
  /// Found harmful before: stays out.
  bool rolled_back = false;
  /// Of the primary metric, then of the guardrails in the rule's order.
  std::vector<pair_evidence> metrics;
  /// Of the outcome 1 for a unit that has an outcome on the primary metric, 0
  /// for one that gave no answer; empty if every unit has one.
  pair_evidence answered;
};

/// All that the verdict depends on.
struct experiment_inputs {
  experiment_rule rule;
  /// Which experiment of the loop's series this is, from 1, and how many of
  /// the earlier ones ended with a promotion: each new one has less to spend.
  std::uint64_t trial = 1;
  std::uint64_t promoted_before = 0;
  duration elapsed{0};
  /// Units by arm, the champion first, when they were assigned, and those of
  /// them that matured.
  std::vector<ratio_epoch> assigned;
  std::vector<ratio_epoch> matured;
  /// Units that were left out because no propensity was logged for them.
  std::uint64_t excluded = 0;
  std::vector<challenger_evidence> challengers;
};

/// On disk: never renumber.
enum class experiment_verdict : std::uint8_t {
  promote = 1,
  keep_champion = 2,
  rolled_back = 3,
  invalid = 4,
  keep_running = 5,
};

/// "promote", "keep champion", "rolled back", "invalid", "keep running".
[[nodiscard]] std::string_view to_string(experiment_verdict verdict);

/// What was found on one metric of one challenger. Evidence is ln E.
struct metric_finding {
  std::string metric;
  std::uint64_t champion_units = 0;
  std::uint64_t challenger_units = 0;
  std::optional<double> effect; ///< Mean, challenger minus champion.
  interval covered{-1, 1};      ///< Of the effect, at 95 %, at all times.
  double above_min_effect = 0;
  double harm = 0;
};

struct challenger_finding {
  std::string name;
  bool harmful = false;
  /// The metric that does harm, or the one that keeps it from a promotion.
  std::string reason_metric;
  bool passes = false;
  std::vector<metric_finding> metrics;
  /// How much more often its units answer than the champion's.
  interval answers{-1, 1};
  /// They do not answer equally often: what those say who do cannot be
  /// compared, and nothing is promoted on it.
  bool answers_differ = false;
};

/// The verdict with all that led to it: recorded, and shown to people. The
/// bounds are ln E.
struct experiment_decision {
  /// Of the formulas: a decision is only recomputed by those that made it.
  std::uint32_t formulas = 0;
  experiment_verdict verdict = experiment_verdict::keep_running;
  std::string winner; ///< Empty unless promoted.
  std::vector<challenger_finding> challengers;
  std::uint64_t units = 0; ///< Matured, of all arms.
  std::uint64_t excluded = 0;
  std::uint64_t taken_back = 0;
  duration elapsed{0};
  double level = 0; ///< What this trial may spend of alpha.
  double promote_bound = 0;
  double guardrail_bound = 0;
  double harm_bound = 0;
  double ratio_bound = 0;
  double assigned_ln_e = 0;
  double matured_ln_e = 0;
  /// That more than 0.1 % of the units have no logged propensity.
  double excluded_ln_e = 0;
  bool impossible_ratio = false;
  /// One sentence in plain English with the numbers, and what would help.
  std::string sentence;
  /// What does not change the verdict but should be looked at; may be empty.
  std::string warning;
};

/// The formulas of this build.
inline constexpr std::uint32_t experiment_formulas = 1;

/// Judges an experiment.
///
/// The bound for a promotion is ln(K / level) for K challengers, where e-LOND
/// gives the level; those that pass it are compared by the lower end of their
/// interval. The bound for harm is ln(G / harm_alpha) for G metrics.
///
/// Errors: `invalid_argument` for a rule out of range, no challenger, evidence
///         that does not match the rule's metrics, or counts that do not match
///         the arms.
/// Pure: the same inputs give the same decision, to the bit.
/// Cost:   about 40 us for each metric of each challenger.
[[nodiscard]] result<experiment_decision>
evaluate_experiment(const experiment_inputs& inputs);

/// Makes the decision again and compares every number, to the bit.
/// Errors: `conflict` naming the first field that differs, or formulas that
///         this build does not have; those of `evaluate_experiment`.
[[nodiscard]] result<void> verify_decision(
  const experiment_decision& recorded, const experiment_inputs& inputs);

} // namespace ratchet::analysis
