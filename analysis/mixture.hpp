#pragma once

#include "analysis/moments.hpp"

#include <cstdint>
#include <optional>

/// Evidence that may be looked at after every observation.
///
/// An e-process is a number that starts at 1 and, as long as the hypothesis is
/// true, has an expected value of at most 1 whenever somebody chooses to look.
/// So it passes 1/alpha with a probability of at most alpha *ever*, which is
/// what a monitored experiment needs and a p value does not give.
///
/// Each mixture here averages, over all sizes of the effect, the e-process that
/// is best for one size. It sees the observations as two numbers: `s`, the sum
/// of what deviates from the hypothesis, and `v`, the intrinsic time, which is
/// what the sum's variance is bounded by. All values are natural logarithms.
///
/// Source: Howard, Ramdas, McAuliffe, Sekhon (2021), Time-uniform,
///         nonparametric, nonasymptotic confidence sequences, Annals of
///         Statistics 49, 1055-1080; propositions 5 to 9 for the mixtures.

namespace ratchet::analysis {

/// What "no evidence at all" is, where the exact value is smaller than any
/// double: ln of the smallest one.
inline constexpr double no_evidence = -745;

/// The mixing parameter that makes the bound at `alpha` tightest when the
/// intrinsic time is `v`: what an experiment plans with before it starts.
/// Shape:  v > 0; alpha in (0, 1) for two sides, in (0, 0.5) for one.
/// Source: Howard et al. (2021), section 3.5, with the approximation of the
///         lower Lambert branch of their code.
[[nodiscard]] double two_sided_rho(double v, double alpha);
[[nodiscard]] double one_sided_rho(double v, double alpha);

/// Sums with Gaussian tails; against a deviation to either side.
/// Shape: v >= 0, rho > 0.
[[nodiscard]] double normal_mixture(double s, double v, double rho);

/// Sums with Gaussian tails; against s > 0 only.
[[nodiscard]] double one_sided_normal_mixture(double s, double v, double rho);

/// Sums of steps that are bounded below: s = sum of (x - mean of x), v = sum of
/// (x - guess)^2 with a guess made before x was seen, and x - guess >= -c.
/// Against s > 0 only; exact, whatever the distribution of x.
class gamma_exponential {
public:
  /// Shape: rho > 0, c > 0.
  gamma_exponential(double rho, double c);

  /// The log of the e-value; `no_evidence` at least.
  /// Shape: v >= 0, any s; rises with s.
  /// Cost:  about 1 us.
  [[nodiscard]] double ln_e(double s, double v) const;

  /// The s at which `ln_e(s, v)` is `level`; sums stay below it for ever with a
  /// probability of 1 - exp(-level).
  /// Shape: level > 0.
  /// Cost:  about 30 us.
  [[nodiscard]] double bound(double v, double level) const;

private:
  double rho_;
  double c_;
  double constant_; ///< What of ln_e depends on neither s nor v.
};

enum class sides : std::uint8_t { one = 1, two = 2 };

/// Sums of steps that are one of two values after centering: -g or +h. For a
/// rate p, g = p and h = 1 - p, s = successes - n p and v = n p (1 - p).
/// Shape: g, h > 0; v >= 0; -v/h <= s <= v/g.
[[nodiscard]] double beta_binomial_mixture(
  double s, double v, double rho, double g, double h, sides against);

/// The rate of successes, in an interval that covers it at all times at once
/// with a probability of `1 - alpha`: may be read after every observation.
/// Exact; independent observations.
///
/// Shape:  successes <= n; alpha in (0, 1); inside [0, 1], and all of it for
///         n = 0. `best_at` is the number of observations at which it shall be
///         tightest, > 0.
/// Cost:   about 50 us.
[[nodiscard]] interval rate_sequence(
  std::uint64_t successes, std::uint64_t n, double alpha, double best_at);

/// The same for the mean of values in [0, 1] that sum to `sum`. Exact as well,
/// because no such value spreads further than a yes or no with its mean; wider
/// than need be where the values lie close together.
/// Shape:  0 <= sum <= n.
/// Source: Howard, Ramdas, McAuliffe, Sekhon (2020), Time-uniform Chernoff
///         bounds via nonnegative supermartingales, Probability Surveys 17:
///         bounded steps are sub-Bernoulli.
[[nodiscard]] interval bounded_mean_sequence(
  double sum, std::uint64_t n, double alpha, double best_at);

/// The same for values in `range`, which it is itself without any.
/// Shape:  range.low < range.high; a mean outside of it is taken for its end.
[[nodiscard]] interval ranged_mean_sequence(
  const moments& cell, const interval& range, double alpha, double best_at);

/// The mean of numbers without bounds, in an interval that covers it at all
/// times at once with a probability of `1 - alpha` in the limit: for reports,
/// never for decisions.
/// Shape:  none below two values, whose spread is unknown.
/// Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024), Time-uniform
///         central limit theory and asymptotic confidence sequences, Annals of
///         Statistics 52.
[[nodiscard]] std::optional<interval>
asymptotic_mean_sequence(const moments& cell, double alpha, double best_at);

/// Of `n` sorted values, the places (from 1) between which the quantile `q` of
/// their distribution lies, at all times at once with a probability of
/// `1 - alpha`; 0 and n + 1 stand for "no bound yet".
/// Shape:  q in (0, 1); low <= high.
/// Source: Howard, Ramdas (2022), Sequential estimation of quantiles with
///         applications to A/B testing and best-arm identification, Bernoulli
///         28: the beta-binomial bound for one quantile.
struct rank_interval {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};
[[nodiscard]] rank_interval
quantile_ranks(double q, std::uint64_t n, double alpha, double best_at);

} // namespace ratchet::analysis
