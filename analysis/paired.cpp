#include "analysis/paired.hpp"

#include "analysis/detail/distributions.hpp"
#include "analysis/hash.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace ratchet::analysis {

namespace {

/// Sums of C(n, k), in units of the largest one, so that nothing overflows;
/// what underflows is too small to matter.
struct coin_sums {
  double total = 0;
  double up_to = 0; ///< k <= m
  double at = 0;    ///< k == m
};

coin_sums sum_coins(std::uint64_t n, std::uint64_t m) {
  coin_sums sums;
  const auto count = [&](std::uint64_t k, double weight) {
    sums.total += weight;
    if (k <= m)
      sums.up_to += weight;
    if (k == m)
      sums.at = weight;
  };
  const auto center = n / 2;
  count(center, 1);
  double weight = 1;
  for (auto k = center; k > 0 && weight > 0; --k) {
    weight *= static_cast<double>(k) / static_cast<double>(n - k + 1);
    count(k - 1, weight);
  }
  weight = 1;
  for (auto k = center; k < n && weight > 0; ++k) {
    weight *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    count(k + 1, weight);
  }
  return sums;
}

struct moment_sums {
  double mean = 0;
  double squares = 0; ///< Of the distances to the mean.
  double cubes = 0;
};

moment_sums centered(std::span<const double> x) {
  moment_sums sums;
  for (const auto value : x)
    sums.mean += value;
  sums.mean /= static_cast<double>(x.size());
  for (const auto value : x) {
    const auto d = value - sums.mean;
    sums.squares += d * d;
    sums.cubes += d * d * d;
  }
  return sums;
}

result<void> check_spread(std::span<const double> differences) {
  if (differences.size() < 2)
    return error{
      errc::invalid_argument, "a paired test needs two pairs at least"};
  const auto first = differences.front();
  if (std::all_of(differences.begin(), differences.end(), [first](double d) {
        return d == first;
      }))
    return error{
      errc::invalid_argument,
      "all differences are equal, so their spread is unknown"};
  return {};
}

/// Bisects for the border of the `delta` in [low, high] that `holds`; it holds
/// at `high` and not at `low`. 60 halvings reach the last bit.
template <class Holds>
double border(double low, double high, Holds holds) {
  for (int i = 0; i < 60; ++i) {
    const auto middle = low + (high - low) / 2;
    (holds(middle) ? high : low) = middle;
  }
  return low + (high - low) / 2;
}

/// The quantile whose level BCa has moved.
double bca_quantile(
  const std::vector<double>& sorted, double level, double bias,
  double acceleration) {
  const auto z = bias + detail::normal_quantile(level);
  const auto moved = detail::normal_cdf(bias + z / (1 - acceleration * z));
  const auto last = sorted.size() - 1;
  const auto rank = moved * static_cast<double>(sorted.size());
  return sorted[std::min(last, static_cast<std::size_t>(rank))];
}

} // namespace

mcnemar_result mcnemar_exact(std::uint64_t wins, std::uint64_t losses) {
  const auto n = wins + losses;
  if (n == 0)
    return {};
  const auto smaller = sum_coins(n, std::min(wins, losses));
  const auto lost = sum_coins(n, losses);
  mcnemar_result p;
  p.two_sided = std::min(1.0, 2 * smaller.up_to / smaller.total);
  p.mid_p = std::min(1.0, 2 * (smaller.up_to - smaller.at / 2) / smaller.total);
  // P(losses or fewer heads): small if the challenger lost too seldom.
  p.greater = lost.up_to / lost.total;
  return p;
}

double tango_z(const paired_counts& counts, double delta) {
  const auto n = static_cast<double>(counts.n);
  const auto wins = static_cast<double>(counts.wins);
  const auto losses = static_cast<double>(counts.losses);
  const auto distance = wins - losses - n * delta;
  if (distance == 0)
    return 0;
  // The chance of a loss that fits the counts best if the difference is delta:
  // the root of a quadratic (Tango 1998, appendix).
  const auto a = 2 * n;
  const auto b = -wins - losses + (2 * n - wins + losses) * delta;
  const auto c = -losses * delta * (1 - delta);
  const auto root = std::sqrt(std::max(0.0, b * b - 4 * a * c));
  const auto loss = (root - b) / (2 * a);
  const auto variance = n * (2 * loss + delta * (1 - delta));
  // At delta = +-1 nothing varies, and any other outcome is impossible.
  if (!(variance > 0))
    return distance > 0 ? HUGE_VAL : -HUGE_VAL;
  return distance / std::sqrt(variance);
}

difference_bounds tango_bounds(const paired_counts& counts, double alpha) {
  const auto z = detail::normal_quantile(1 - alpha);
  const auto observed =
    (static_cast<double>(counts.wins) - static_cast<double>(counts.losses)) /
    static_cast<double>(counts.n);
  difference_bounds bounds{-1, 1};
  if (observed > -1)
    bounds.lower = border(
      -1, observed, [&](double delta) { return tango_z(counts, delta) <= z; });
  if (observed < 1)
    bounds.upper = border(
      observed, 1, [&](double delta) { return tango_z(counts, delta) < -z; });
  return bounds;
}

result<paired_t_result>
paired_t(std::span<const double> differences, double alpha) {
  if (auto spread = check_spread(differences); !spread)
    return spread.err();
  const auto n = static_cast<double>(differences.size());
  const auto sums = centered(differences);
  paired_t_result r;
  r.mean = sums.mean;
  r.df = n - 1;
  r.standard_error = std::sqrt(sums.squares / r.df / n);
  r.t = r.mean / r.standard_error;
  r.two_sided = 2 * detail::student_cdf(-std::abs(r.t), r.df);
  const auto reach =
    detail::student_quantile(1 - alpha, r.df) * r.standard_error;
  r.bounds = {r.mean - reach, r.mean + reach};
  return r;
}

result<difference_bounds> paired_bootstrap(
  std::span<const double> differences, double alpha, std::uint64_t seed,
  std::uint32_t replicates) {
  if (auto spread = check_spread(differences); !spread)
    return spread.err();
  const auto n = differences.size();
  std::vector<double> means(replicates);
  for (std::uint32_t r = 0; r < replicates; ++r) {
    const auto key = draw(seed, r);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
      sum += differences[to_index(draw(key, i), n)];
    means[r] = sum / static_cast<double>(n);
  }
  std::sort(means.begin(), means.end());

  const auto sums = centered(differences);
  const auto below =
    std::lower_bound(means.begin(), means.end(), sums.mean) - means.begin();
  const auto up_to =
    std::upper_bound(means.begin(), means.end(), sums.mean) - means.begin();
  // Ties count half: a mean of few distinct values often hits itself. Kept off
  // 0 and 1, where the correction would be infinite.
  const auto share = std::clamp(
    static_cast<double>(below + up_to) / 2 / replicates, 0.5 / replicates,
    1 - 0.5 / replicates);
  const auto bias = detail::normal_quantile(share);
  // The jackknife's acceleration, which for a mean has this closed form.
  const auto acceleration =
    sums.cubes / (6 * sums.squares * std::sqrt(sums.squares));
  return difference_bounds{
    bca_quantile(means, alpha, bias, acceleration),
    bca_quantile(means, 1 - alpha, bias, acceleration)};
}

} // namespace ratchet::analysis
