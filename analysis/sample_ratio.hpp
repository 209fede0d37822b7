#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <vector>

/// Do the arms get the share of units they were given?
///
/// If not, units were lost or moved after they were assigned (a crash of one
/// arm, a cache, a bot filter, a bug in the assignment), and no comparison of
/// the arms means anything. To be asked of the assignments and, once more, of
/// the matured units.

namespace ratchet::analysis {

/// Units of all arms over some time in which the probabilities did not change.
struct ratio_epoch {
  std::vector<double> probabilities; ///< One an arm; their sum is 1.
  std::vector<std::uint64_t> counts;
};

struct sample_ratio {
  /// Evidence of a mismatch; `ln_e >= ln(1/alpha)` is wrong with a probability
  /// of at most alpha, however often it is looked at.
  double ln_e = 0;
  /// An arm of probability 0 got units: a mismatch without any doubt.
  bool impossible = false;
};

/// The evidence after all of the epochs.
///
/// The mean of two e-processes. One knows nothing of what the shares may be
/// instead and learns it, for each set of probabilities anew: epochs with the
/// same ones are taken together. The other bets that one arm gets a constant
/// factor too little or too much, which carries over when the probabilities
/// change, and so sees a small loss in an experiment that is reallocated every
/// 500 units.
///
/// Shape:  any order of epochs, as many probabilities as counts in each, all
///         with the same number of arms; 0 without units.
/// Errors: `invalid_argument` for other shapes, or probabilities that are
///         negative or whose sum is not 1.
/// Source: Lindon, Malek (2022), Anytime-valid inference for multinomial count
///         data, for the first, with a prior worth 100 units.
[[nodiscard]] result<sample_ratio>
sample_ratio_evidence(std::span<const ratio_epoch> epochs);

/// ln of the e-value of `counts` against `probabilities` when the shares are a
/// priori Dirichlet with parameters `prior`.
/// Shape: three spans of one length; all probabilities and priors above 0.
[[nodiscard]] double dirichlet_multinomial_ln_e(
  std::span<const std::uint64_t> counts, std::span<const double> probabilities,
  std::span<const double> prior);

/// Evidence that more than a share of `rate` of all units is such as `found`
/// of them are: the mean of likelihood ratios for fixed larger rates. As long
/// as no unit is one with a larger probability than `rate`, whatever was seen
/// before it, `ln_e >= ln(1/alpha)` comes with a probability of at most alpha,
/// however often it is looked at.
///
/// Shape:  found <= of; rate in (0, 1); 0 without units.
[[nodiscard]] double
rate_above_ln_e(std::uint64_t found, std::uint64_t of, double rate);

} // namespace ratchet::analysis
