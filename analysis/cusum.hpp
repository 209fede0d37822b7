#pragma once

#include "base/result.hpp"

namespace ratchet::analysis {

/// A one-sided CUSUM chart for means of batches, which are normal: watches for
/// a rise; give it the negated values to watch for a drop.
///
/// Where a metric is not bounded (latency, cost) and arrives in batches large
/// enough for their means to be normal, its run length is known exactly. For
/// single bounded values use `drop_detector`, which assumes nothing.
///
/// Units:  standard deviations of a batch mean, from the mean in control.
/// Source: Page (1954), Biometrika 41.
struct cusum_chart {
  double allowance = 0.5; ///< k: half the rise that matters.
  double limit = 5;       ///< h: alarm above it.
  double sum = 0;
};

/// Takes in a standardized batch mean; true if the chart is in alarm. Reset
/// `sum` to 0 to start anew.
/// Errors: `invalid_argument` if it is not finite; nothing is changed.
[[nodiscard]] result<bool> observe(cusum_chart& chart, double value);

/// The average number of batches to an alarm of a fresh chart whose batches
/// have the mean `shift`: to a false one at 0, else to the detection.
///
/// Shape:  allowance of 0 or more, limit in (0, 50].
/// Cost:   a linear system of 121 equations: about 0.5 ms.
/// Source: the integral equation of Page (1954), solved after Nystroem with 120
///         Gauss-Legendre nodes.
[[nodiscard]] double
cusum_run_length(double allowance, double limit, double shift);

/// The limit whose false alarms are `run_length` batches apart on average.
/// Errors: `invalid_argument` unless run_length is in [2, 1e12] and the
///         allowance in [0, 5].
[[nodiscard]] result<double> cusum_limit(double allowance, double run_length);

} // namespace ratchet::analysis
