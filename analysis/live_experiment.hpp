#pragma once

#include "analysis/allocation.hpp"
#include "analysis/experiment.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// An experiment while it runs: who gets which share of the traffic, what its
/// units add up to, and the verdict so far. Plain data and pure functions:
///
///   begin_experiment -> assign_arm for each unit that comes
///                       count_assigned
///                       count_matured when its time for feedback is over
///                       shares_due from time to time; set_shares if they
///                       differ judge after each of them, until the verdict
///                       ends it
///
/// Arms are counted from 0, the champion first.

namespace ratchet::analysis {

/// A part of a ramp: the challengers together get `traffic` for so long.
struct ramp_step {
  double traffic = 0.5;
  duration lasts{0}; ///< Of the last step: no matter.

  friend bool operator==(const ramp_step&, const ramp_step&) = default;
};

/// What is fixed before the first unit.
struct experiment_settings {
  experiment_rule rule;
  /// No arm is given less, as long as it is given any: (0, 0.5].
  double min_propensity = 0.05;
  /// The loss on a unit that is no harm yet; one for each metric, the primary
  /// one first, or none: 0.
  std::vector<double> harm_margins;
  /// Increasing; one step: no ramp.
  std::vector<ramp_step> ramp{{}};
  /// How several challengers share what the ramp gives them. One gets it all.
  allocation_rule allocation;
  /// Shares move at most once in so many matured units.
  std::uint64_t allocation_units = 500;
};

/// The least probability, among the units of champion and one challenger, that
/// either of the two can have under these settings. What the scores are built
/// on: half of the traffic for one challenger shows harm after dozens of units,
/// a ramp that begins at 5 % after hundreds.
/// Shape: settings that pass `check`.
[[nodiscard]] double
least_propensity(const experiment_settings& settings, std::size_t challengers);

/// Errors: `invalid_argument` naming the setting and what it may be.
[[nodiscard]] result<void>
check(const experiment_settings& settings, std::size_t challengers);

struct live_experiment {
  experiment_settings settings;
  std::uint64_t trial = 1; ///< As `experiment_inputs` have them.
  std::uint64_t promoted_before = 0;
  time_point began;
  /// Of the units that come now.
  std::vector<double> shares;
  std::uint64_t shared_at = 0; ///< Matured units when the shares last moved.
  /// Units with the same shares are one epoch.
  std::vector<ratio_epoch> assigned;
  std::vector<ratio_epoch> matured;
  std::uint64_t excluded = 0;
  std::vector<challenger_evidence> challengers;
};

/// Errors: those of `check`.
[[nodiscard]] result<live_experiment> begin_experiment(
  experiment_settings settings, std::span<const std::string> challengers,
  std::uint64_t trial, std::uint64_t promoted_before, time_point at);

/// Which arm serves `unit`: the same at every call and on every node, with
/// nothing stored. A unit goes to the arm where it has the smallest
/// `-ln(u) / share`, u being a number in (0, 1] that its name draws for that
/// arm; so arm k gets exactly its share, and when shares move, units move only
/// to arms that gained from arms that lost.
///
/// Shape:  a share at least is above 0. `salt` names the experiment: each draws
///         its units afresh.
/// Source: weighted rendezvous hashing (Schindelhauer, Schomaker 2005).
[[nodiscard]] std::size_t assign_arm(
  std::string_view unit, std::string_view salt, std::span<const double> shares);

/// A unit's first exposure: its arm, and the shares as they were logged.
/// Errors: `invalid_argument` for an arm or shares that do not fit the
///         experiment; nothing is changed.
[[nodiscard]] result<void> count_assigned(
  live_experiment& experiment, std::size_t arm, std::span<const double> shares);

struct matured_unit {
  std::size_t arm = 0;
  /// As they were logged when it was assigned; none: they were not, and the
  /// unit is left out and counted.
  std::vector<double> shares;
  /// One for each metric, the primary one first, in [0, 1]; none: no answer,
  /// and no default is declared (which counts as an answer).
  std::vector<std::optional<double>> outcomes;
};

/// A unit whose time for feedback is over. To be called in the order in which
/// the units were assigned: the order decides which of them share an epoch
/// (analysis/score.hpp), which changes no promise, only the last digits.
/// Errors: as `count_assigned`, and for outcomes that do not fit.
/// Cost:   about 0.3 us for each metric and challenger it tells something of.
[[nodiscard]] result<void>
count_matured(live_experiment& experiment, const matured_unit& unit);

/// The shares that units should get from now on: the ramp's step, divided
/// between the challengers by the allocation rule, without those that were
/// rolled back.
/// Pure: the same experiment and moment give the same shares.
[[nodiscard]] std::vector<double>
shares_due(const live_experiment& experiment, time_point now);

/// Gives the units that come now other shares, as `shares_due` said.
void set_shares(live_experiment& experiment, std::vector<double> shares);

/// All that the verdict at `now` depends on.
[[nodiscard]] experiment_inputs
inputs_of(const live_experiment& experiment, time_point now);

/// The verdict at `now`. Challengers that do harm are out from here on.
/// Errors: as `evaluate_experiment`.
[[nodiscard]] result<experiment_decision>
judge(live_experiment& experiment, time_point now);

} // namespace ratchet::analysis
