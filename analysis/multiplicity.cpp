#include "analysis/multiplicity.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ratchet::analysis {

namespace {

using places = std::vector<std::size_t>;

/// The places of `x`, smallest value first.
places rising(std::span<const double> x) {
  places order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(
    order.begin(), order.end(),
    [x](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  return order;
}

/// The first k of `order`, for the largest k (from 1) that `holds`.
template <class Holds>
places up_to_last(places order, Holds holds) {
  auto k = order.size();
  while (k > 0 && !holds(k, order[k - 1]))
    --k;
  order.resize(k);
  return order;
}

} // namespace

std::vector<std::size_t> holm(std::span<const double> p, double alpha) {
  auto order = rising(p);
  auto left = order.size();
  std::size_t k = 0;
  // Written so that NaN, which compares false, is not rejected.
  while (left > 0 && p[order[k]] <= alpha / static_cast<double>(left)) {
    ++k;
    --left;
  }
  order.resize(k);
  return order;
}

std::vector<std::size_t>
benjamini_hochberg(std::span<const double> p, double q) {
  const auto n = static_cast<double>(p.size());
  return up_to_last(rising(p), [&](std::size_t k, std::size_t place) {
    return p[place] <= q * static_cast<double>(k) / n;
  });
}

std::vector<std::size_t>
benjamini_yekutieli(std::span<const double> p, double q) {
  double sum = 0;
  for (std::size_t i = p.size(); i > 0; --i)
    sum += 1 / static_cast<double>(i);
  return benjamini_hochberg(p, p.empty() ? q : q / sum);
}

std::vector<std::size_t> e_bh(std::span<const double> ln_e, double q) {
  std::vector<double> turned(ln_e.size());
  std::transform(
    ln_e.begin(), ln_e.end(), turned.begin(), [](double x) { return -x; });
  const auto level = std::log(static_cast<double>(ln_e.size()) / q);
  return up_to_last(rising(turned), [&](std::size_t k, std::size_t place) {
    return ln_e[place] + std::log(static_cast<double>(k)) >= level;
  });
}

double e_lond_level(
  double alpha, std::uint64_t t, std::uint64_t rejected, spending pace) {
  const auto n = static_cast<double>(t);
  const auto bonus = static_cast<double>(rejected) + 1;
  if (pace == spending::quick) {
    constexpr double pi = 3.14159265358979323846;
    return alpha * 6 / (pi * pi * n * n) * bonus;
  }
  // The sum over all t of the term below, by Euler and Maclaurin, rounded up.
  constexpr double total = 0.4440181332742;
  const auto ln = std::log(n + 9);
  return alpha / (total * (n + 9) * ln * ln) * bonus;
}

} // namespace ratchet::analysis
