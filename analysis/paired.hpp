#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>

/// Two models scored on the same samples: tests and bounds for the difference.
/// Pairing removes what makes a sample hard for both, which is most of the
/// noise.

namespace ratchet::analysis {

/// Right or wrong, on n samples. Only where the two disagree says which is
/// better.
///
///                        champion right   champion wrong
///   challenger right           -               wins
///   challenger wrong         losses              -
struct paired_counts {
  std::uint64_t n = 0;
  std::uint64_t wins = 0;
  std::uint64_t losses = 0;
};

/// p values of "the two are equally often right".
struct mcnemar_result {
  double two_sided = 1;
  double mid_p = 1;   ///< Two-sided, less conservative, not exact.
  double greater = 1; ///< One-sided, against "the challenger is better".
};

/// McNemar's test, exact: given that they disagree, a fair coin decides which
/// one is right.
///
/// Shape:  any counts; with no disagreement all p are 1.
/// Cost:   O(wins + losses). Sums and products only, no library function
///         whose last bit depends on the machine.
/// Source: McNemar (1947); mid-p: Fagerland, Lydersen, Laake (2013).
[[nodiscard]] mcnemar_result
mcnemar_exact(std::uint64_t wins, std::uint64_t losses);

/// Bounds of a difference, challenger minus champion: each one-sided at
/// `1 - alpha`, so both together enclose it at `1 - 2 alpha`.
struct difference_bounds {
  double lower = 0;
  double upper = 0;
};

/// Tango's score bounds for the difference of two paired proportions.
///
/// Chosen over the simple (Wald) interval, whose width is zero where the two
/// never disagree, and over exact unconditional ones, which cost O(n^2) and
/// promise more than a gate needs: the score interval keeps its level from a
/// few tens of pairs on, with no disagreement at all too.
///
/// Shape:  counts.n of 1 at least, wins + losses at most n, alpha in (0, 0.5].
/// Source: Tango (1998), Statistics in Medicine 17, 891-908; recommended by
///         Fagerland, Lydersen, Laake (2014), Statistics in Medicine 33.
[[nodiscard]] difference_bounds
tango_bounds(const paired_counts& counts, double alpha);

/// Tango's z for "the difference is `delta`": negative if the counts speak for
/// less. 0 where the data fit `delta` without any spread.
[[nodiscard]] double tango_z(const paired_counts& counts, double delta);

struct paired_t_result {
  double mean = 0; ///< Of challenger minus champion.
  double standard_error = 0;
  double t = 0;
  double df = 0;
  double two_sided = 1;
  difference_bounds bounds;
};

/// Student's t on the differences.
/// Errors: `invalid_argument` below two differences, or if all are equal (t is
///         undefined then, not infinite).
[[nodiscard]] result<paired_t_result>
paired_t(std::span<const double> differences, double alpha);

/// Bounds of the mean difference by the paired bootstrap, bias-corrected and
/// accelerated (BCa), which follows the skew that t ignores.
///
/// Shape:  two differences at least, not all equal, at most 2^32 of them; their
///         order is part of the input: sort by sample first.
///         `seed` keys the draws: the same gives the same bits. One replicate
///         at least.
/// Errors: `invalid_argument` as `paired_t`.
/// Cost:   O(replicates * n); 10,000 replicates of 1,000 pairs: about 20 ms.
/// Source: Efron (1987), Better bootstrap confidence intervals, JASA 82.
[[nodiscard]] result<difference_bounds> paired_bootstrap(
  std::span<const double> differences, double alpha, std::uint64_t seed,
  std::uint32_t replicates = 10'000);

} // namespace ratchet::analysis
