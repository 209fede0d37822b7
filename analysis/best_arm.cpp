#include "analysis/allocation.hpp"

#include "analysis/detail/distributions.hpp"
#include "analysis/detail/special.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ratchet::analysis {

namespace {

/// A belief with what its density needs worked out once.
struct density_of {
  arm_belief belief;
  double mean = 0;
  double deviation = 0;
  double constant = 0; ///< Minus the log of what normalizes the density.

  explicit density_of(const arm_belief& b) : belief(b) {
    if (const auto* beta = std::get_if<beta_belief>(&b)) {
      const auto sum = beta->a + beta->b;
      mean = beta->a / sum;
      deviation = std::sqrt(mean * (1 - mean) / (sum + 1));
      constant = -detail::log_beta(beta->a, beta->b);
    } else {
      const auto& normal = std::get<normal_belief>(b);
      mean = normal.mean;
      deviation = normal.deviation;
      constant = -std::log(deviation) - 0.91893853320467274178;
    }
  }

  [[nodiscard]] double density(double x) const {
    if (const auto* beta = std::get_if<beta_belief>(&belief))
      return x > 0 && x < 1 ? std::exp(
                                constant + (beta->a - 1) * std::log(x) +
                                (beta->b - 1) * std::log1p(-x))
                            : 0;
    const auto z = (x - mean) / deviation;
    return std::exp(constant - z * z / 2);
  }

  [[nodiscard]] double distribution(double x) const {
    if (const auto* beta = std::get_if<beta_belief>(&belief))
      return detail::incomplete_beta(beta->a, beta->b, std::clamp(x, 0.0, 1.0));
    return detail::normal_cdf((x - mean) / deviation);
  }
};

/// Where pieces end: around each arm, and the ends of what is possible.
std::vector<double> borders(const std::vector<density_of>& arms) {
  std::vector<double> at;
  double low = 0;
  double high = 1;
  for (const auto& arm : arms) {
    for (const auto z : {-8, -3, -1, 1, 3, 8})
      at.push_back(arm.mean + z * arm.deviation);
    if (std::holds_alternative<normal_belief>(arm.belief)) {
      low = std::min(low, at[at.size() - 6]);
      high = std::max(high, at.back());
    }
  }
  at.push_back(low);
  at.push_back(high);
  for (auto& x : at)
    x = std::clamp(x, low, high);
  std::sort(at.begin(), at.end());
  at.erase(std::unique(at.begin(), at.end()), at.end());
  return at;
}

/// Calls `visit(x, weight)` for the points of the quadrature, in order.
template <class Visit>
void for_each_point(const std::vector<double>& at, Visit visit) {
  using rule = boost::math::quadrature::gauss<double, 30>;
  for (std::size_t piece = 0; piece + 1 < at.size(); ++piece) {
    const auto half = (at[piece + 1] - at[piece]) / 2;
    const auto middle = at[piece] + half;
    for (std::size_t i = 0; i < rule::abscissa().size(); ++i) {
      const auto reach = half * rule::abscissa()[i];
      const auto weight = half * rule::weights()[i];
      visit(middle - reach, weight);
      visit(middle + reach, weight);
    }
  }
}

/// Where an arm that does not take part is asked for.
constexpr auto nobody = static_cast<std::size_t>(-1);

std::vector<double> normalized(std::vector<double> wins) {
  const auto sum = std::accumulate(wins.begin(), wins.end(), 0.0);
  for (auto& w : wins)
    w /= sum;
  return wins;
}

std::vector<density_of> densities(std::span<const arm_belief> arms) {
  return {arms.begin(), arms.end()};
}

/// For each arm in `outs` (or `nobody`), the probabilities of all arms to be
/// the best without it.
std::vector<std::vector<double>> best_without(
  std::span<const arm_belief> beliefs, std::span<const std::size_t> outs) {
  const auto arms = densities(beliefs);
  const auto count = arms.size();
  std::vector<std::vector<double>> wins(
    outs.size(), std::vector<double>(count, 0.0));
  std::vector<double> below(count);
  for_each_point(borders(arms), [&](double x, double weight) {
    for (std::size_t k = 0; k < count; ++k)
      below[k] = arms[k].distribution(x);
    for (std::size_t k = 0; k < count; ++k) {
      const auto here = weight * arms[k].density(x);
      for (std::size_t o = 0; o < outs.size(); ++o) {
        if (k == outs[o])
          continue;
        auto best = here;
        for (std::size_t j = 0; j < count; ++j)
          if (j != k && j != outs[o])
            best *= below[j];
        wins[o][k] += best;
      }
    }
  });
  for (auto& row : wins)
    row = normalized(std::move(row));
  return wins;
}

} // namespace

std::vector<double> best_probabilities(std::span<const arm_belief> arms) {
  return best_without(arms, std::array{nobody}).front();
}

std::vector<double> top_two_weights(std::span<const arm_belief> arms) {
  const auto count = arms.size();
  if (count < 2)
    return std::vector<double>(count, 1.0);
  std::vector<std::size_t> outs(count);
  std::iota(outs.begin(), outs.end(), std::size_t{0});
  outs.push_back(nobody);
  const auto wins = best_without(arms, outs);
  const auto& best = wins.back();
  std::vector<double> weights(count);
  for (std::size_t k = 0; k < count; ++k) {
    weights[k] = best[k] / 2;
    for (std::size_t j = 0; j < count; ++j)
      weights[k] += best[j] * wins[j][k] / 2;
  }
  return weights;
}

} // namespace ratchet::analysis
