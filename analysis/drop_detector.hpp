#pragma once

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ratchet::analysis {

/// How a detector forgets what lies before the drop. On disk: never renumber.
enum class detector_form : std::uint8_t {
  /// Adds up over all moments at which the drop may have begun: the time to a
  /// false alarm is as declared, and alarms come first.
  shiryaev_roberts = 1,
  /// Keeps the most suspicious moment only: rarer false alarms than declared,
  /// alarms up to twice as late.
  cusum = 2,
};

/// Watches a metric in [0, 1], of which more is better, for a drop of its mean
/// below a reference, for ever: an e-detector.
///
/// Promise: as long as each observation's mean, given all before it, is not
///   below the reference, the expected number of observations to a false alarm
///   is at least the threshold. Nothing is assumed of the distribution, of
///   dependence, or of when one looks. A drop of any size is found in the end;
///   eight bets at sizes from 0.02 on share the evidence between small and
///   large ones.
///
/// The reference is a policy ("the level we accept, less what we tolerate"),
/// never an estimate from the same stream. A new reference is a new detector;
/// so is a promotion, or an operator's acknowledgement. An observation that
/// does not mature does not advance it.
///
/// Replay: products and sums of doubles only, so the state is the same to the
///         bit wherever the same observations come in the same order.
/// Cost:   16 operations an observation; plain data, 88 bytes.
/// Source: Shin, Ramdas, Rinaldo (2022), E-detectors: a nonparametric framework
///         for sequential change detection, arXiv 2203.03532.
struct drop_detector {
  static constexpr std::size_t bets = 8;

  double reference = 0;
  detector_form form = detector_form::shiryaev_roberts;
  std::uint64_t observations = 0;
  std::array<double, bets> evidence{};

  friend bool operator==(const drop_detector&, const drop_detector&) = default;
};

/// Errors: `invalid_argument` unless the reference is in (0, 1].
[[nodiscard]] result<drop_detector> make_drop_detector(
  double reference, detector_form form = detector_form::shiryaev_roberts);

/// Takes in one matured observation.
///
/// `weight` says how much the moment just before it counts among those at
/// which the drop may have begun, and must not depend on the value. What the
/// threshold bounds is the expected sum of the weights up to a false alarm:
/// with 1 for each, a number of observations; with the time since the last
/// observation, a time, however fast or slow the observations come.
///
/// Shape:  weight >= 0.
/// Errors: `invalid_argument` if the value is not in [0, 1]; nothing is
///         changed.
[[nodiscard]] result<void>
observe(drop_detector& detector, double value, double weight = 1);

/// The evidence for a drop, to be held against the threshold; 0 at the start,
/// saturated at 1e300.
[[nodiscard]] double evidence(const drop_detector& detector);

/// The threshold whose false alarms are at least `days` apart on average.
/// Shape: both positive.
[[nodiscard]] constexpr double
alarm_threshold(double events_per_day, double days) {
  return events_per_day * days;
}

[[nodiscard]] inline bool
alarmed(const drop_detector& detector, double threshold) {
  return evidence(detector) >= threshold;
}

} // namespace ratchet::analysis
