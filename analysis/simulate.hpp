#pragma once

#include "analysis/live_experiment.hpp"
#include "analysis/maturity.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// Experiments on traffic whose truth is known: how often, and how soon, the
/// settings of an experiment come to each verdict. To choose settings with, and
/// to see that the promised error rates hold.
///
/// The traffic is made up; everything behind it is what a real experiment runs
/// through: assignment, feedback that comes late, maturity, scores, shares, and
/// the verdict.

namespace ratchet::analysis {

/// What is true of an arm.
struct simulated_arm {
  /// Mean outcomes in [0, 1], more is better: of the primary metric, and of the
  /// guardrails in the rule's order. Missing ones are 0.95.
  std::vector<double> rates{0.8};
  /// Feedback comes so long after its unit, in the mean; exponential.
  duration feedback_delay{std::chrono::minutes{10}};
  /// The share of units that answer at all.
  double answers = 1;
  /// The share of units that is not lost behind the assignment.
  double arrives = 1;
};

struct simulated_truth {
  std::string name;
  std::vector<simulated_arm> arms; ///< The champion first.
  /// All primary rates move by up to so much within each day, as a sine.
  double wave = 0;
  /// All primary rates move by so much each day, on and on.
  double drift_per_day = 0;
};

struct simulation_plan {
  experiment_settings settings;
  maturity_rule maturity{.horizon = std::chrono::hours{1}};
  double units_per_day = 5000;
  /// The verdict is asked for once in so many matured units.
  std::uint64_t look_every = 20;
  std::uint64_t runs = 200;
  /// Runs are numbered from here: the same seed gives the same traffic.
  std::uint64_t seed = 1;
};

/// How often a verdict came, and after how much.
struct verdict_count {
  std::uint64_t runs = 0;
  std::uint64_t median_units = 0; ///< Matured, of all arms; 0 if it never came.
  std::uint64_t slow_units = 0;   ///< 90 % took at most so many.
  duration median_time{0};
};

struct simulation_report {
  std::uint64_t runs = 0;
  /// By verdict: promote, keep champion, rolled back, invalid.
  std::array<verdict_count, 4> verdicts;
  /// Promotions of a challenger whose primary rate is not above the champion's
  /// by more than the rule's least effect.
  std::uint64_t promoted_wrongly = 0;
  duration simulated{0}; ///< All runs together.

  [[nodiscard]] const verdict_count& of(experiment_verdict verdict) const {
    return verdicts[static_cast<std::size_t>(verdict) - 1];
  }
};

/// `count` of `runs`, as a share, in an interval that covers what it would be
/// in endless runs with a probability of 95 %.
/// Source: Clopper, Pearson (1934).
[[nodiscard]] interval share_interval(std::uint64_t count, std::uint64_t runs);

/// Errors: `invalid_argument` for settings that `begin_experiment` refuses, a
///         truth without a challenger or with a number out of range, or no
///         runs.
/// Pure: the same plan and truth give the same report.
/// Cost:   about 3 us a unit, and 80 us a look and challenger.
[[nodiscard]] result<simulation_report>
simulate(const simulation_plan& plan, const simulated_truth& truth);

} // namespace ratchet::analysis
