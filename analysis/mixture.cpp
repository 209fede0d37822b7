#include "analysis/mixture.hpp"

#include "analysis/detail/distributions.hpp"
#include "analysis/detail/special.hpp"

#include <algorithm>
#include <cmath>

namespace ratchet::analysis {

namespace {

/// ln of the unregularized incomplete beta function.
double log_partial_beta(double a, double b, double x) {
  return std::log(detail::incomplete_beta(a, b, x)) + detail::log_beta(a, b);
}

/// How the beta-binomial mixture answers "the rate is p": positive where the
/// data refute it.
double
against_rate(double p, double successes, double n, double alpha, double at) {
  const auto v = p * (1 - p);
  // Tuned for 5 %, whatever the level: the interval then only widens with a
  // smaller alpha, and different levels nest.
  const auto rho = two_sided_rho(at * v, 0.05);
  return beta_binomial_mixture(
           successes - n * p, n * v, rho, p, 1 - p, sides::two) -
    std::log(1 / alpha);
}

} // namespace

double two_sided_rho(double v, double alpha) {
  const auto twice = 2 * std::log(1 / alpha);
  return v / (twice + std::log(1 + twice));
}

double one_sided_rho(double v, double alpha) {
  return two_sided_rho(v, 2 * alpha);
}

double normal_mixture(double s, double v, double rho) {
  return std::log(rho / (v + rho)) / 2 + s * s / (2 * (v + rho));
}

double one_sided_normal_mixture(double s, double v, double rho) {
  // Below -38 standard deviations the distribution function is 0.
  const auto tail = detail::normal_cdf(s / std::sqrt(v + rho));
  if (!(tail > 0))
    return no_evidence;
  return std::max(
    no_evidence,
    std::log(4 * rho / (v + rho)) / 2 + s * s / (2 * (v + rho)) +
      std::log(tail));
}

gamma_exponential::gamma_exponential(double rho, double c) : rho_(rho), c_(c) {
  const auto r = rho / (c * c);
  constant_ =
    r * std::log(r) - detail::log_gamma(r) - detail::log_gamma_p(r, r) - r;
}

double gamma_exponential::ln_e(double s, double v) const {
  const auto square = c_ * c_;
  const auto u = (v + rho_) / square;
  const auto x = s / c_ + u;
  // So far below the hypothesis that the mixture has no closed form; its value
  // is far below 1 there.
  if (x <= 0)
    return no_evidence;
  const auto ln_p = detail::log_gamma_p(u, x);
  return std::max(
    no_evidence,
    constant_ + ln_p + (detail::log_gamma(u) - u * std::log(x) + x));
}

double gamma_exponential::bound(double v, double level) const {
  const auto over = [&](double s) { return ln_e(s, v) - level; };
  double high = 1;
  while (over(high) < 0)
    high *= 2;
  return detail::find_root(over, 0, high);
}

double beta_binomial_mixture(
  double s, double v, double rho, double g, double h, sides against) {
  const auto both = g + h;
  const auto r = std::max(rho - g * h, 1e-3 * g * h);
  const auto x = against == sides::one ? h / both : 1.0;
  const auto failures = (v - g * s) / (g * both);
  const auto successes = (v + h * s) / (h * both);
  return v / (g * h) * std::log(both) - successes * std::log(g) -
    failures * std::log(h) +
    log_partial_beta(r / (g * both) + failures, r / (h * both) + successes, x) -
    log_partial_beta(r / (g * both), r / (h * both), x);
}

interval rate_sequence(
  std::uint64_t successes, std::uint64_t n, double alpha, double best_at) {
  return bounded_mean_sequence(
    static_cast<double>(successes), n, alpha, best_at);
}

interval bounded_mean_sequence(
  double sum, std::uint64_t n, double alpha, double best_at) {
  if (n == 0)
    return {0, 1};
  const auto count = static_cast<double>(n);
  const auto refuted = [&](double p) {
    return against_rate(p, sum, count, alpha, best_at);
  };
  // Where even the smallest rate is not refuted, the border is 0.
  constexpr double tiny = 1e-9;
  const auto observed = std::clamp(sum / count, tiny, 1 - tiny);
  interval covered{0, 1};
  if (sum > 0 && refuted(tiny) > 0)
    covered.low = detail::find_root(refuted, tiny, observed);
  if (sum < count && refuted(1 - tiny) > 0)
    covered.high = detail::find_root(refuted, observed, 1 - tiny);
  return covered;
}

interval ranged_mean_sequence(
  const moments& cell, const interval& range, double alpha, double best_at) {
  const auto average = mean(cell);
  if (!average)
    return range;
  const auto width = range.high - range.low;
  const auto n = static_cast<double>(cell.count);
  const auto sum = std::clamp((*average - range.low) / width * n, 0.0, n);
  const auto share = bounded_mean_sequence(sum, cell.count, alpha, best_at);
  return {range.low + width * share.low, range.low + width * share.high};
}

std::optional<interval>
asymptotic_mean_sequence(const moments& cell, double alpha, double best_at) {
  const auto spread = variance(cell);
  if (!spread)
    return std::nullopt;
  const auto n = static_cast<double>(cell.count);
  // The normal mixture's bound on the sum, at the variance that was found.
  const auto rho = two_sided_rho(best_at, 0.05);
  const auto steps = std::sqrt(
    (n + rho) * (std::log((n + rho) / rho) + 2 * std::log(1 / alpha)));
  const auto half = std::sqrt(*spread) * steps / n;
  const auto middle = *mean(cell);
  return interval{middle - half, middle + half};
}

rank_interval
quantile_ranks(double q, std::uint64_t n, double alpha, double best_at) {
  // Refuted for small counts, then not, then refuted again: two borders.
  const auto refuted = [&](std::uint64_t at_most) {
    return against_rate(
             q, static_cast<double>(at_most), static_cast<double>(n), alpha,
             best_at) > 0;
  };
  const auto middle =
    std::min(n, static_cast<std::uint64_t>(q * static_cast<double>(n) + 0.5));
  // The smallest count that is not refuted, and the largest.
  std::uint64_t low = 0;
  for (auto high = middle; low < high;) {
    const auto between = low + (high - low) / 2;
    refuted(between) ? low = between + 1 : high = between;
  }
  auto high = n;
  for (auto least = middle; least < high;) {
    const auto between = high - (high - least) / 2;
    refuted(between) ? high = between - 1 : least = between;
  }
  return {low, high + 1};
}

} // namespace ratchet::analysis
