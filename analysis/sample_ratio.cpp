#include "analysis/sample_ratio.hpp"

#include "analysis/detail/log_sum.hpp"
#include "analysis/detail/special.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

namespace ratchet::analysis {

namespace {

/// What the prior of the shares weighs, in units.
constexpr double prior_units = 100;

/// By which factor an arm's units may be too few; the inverses are too many.
constexpr std::array factors{0.5, 0.7, 0.8, 0.9, 0.95, 0.98};

/// How many times the allowed rate the real one may be. With 0.1 % allowed and
/// a bound of 3000, 0.2 % is found after some 26,000 units, 1 % after some 700,
/// and all of them after two.
constexpr std::array excesses{1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 300.0};
/// No bet is surer than this.
constexpr double surest = 0.9;

/// The counts of all epochs with the same probabilities, arms that get nothing
/// left out.
using counts_by_probabilities =
  std::map<std::vector<double>, std::vector<std::uint64_t>>;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "sample ratio: " + what};
}

result<void> check(const ratio_epoch& epoch, std::size_t arms) {
  if (epoch.probabilities.size() != arms || epoch.counts.size() != arms)
    return invalid(
      "every epoch needs a probability and a count for each of the " +
      std::to_string(arms) + " arms");
  double sum = 0;
  for (const auto p : epoch.probabilities) {
    if (!(p >= 0))
      return invalid("a probability is negative or no number");
    sum += p;
  }
  if (std::abs(sum - 1) > 1e-9)
    return invalid(
      "the probabilities of an epoch add up to " + std::to_string(sum) +
      " and not to 1");
  return {};
}

/// Adds the epoch; false if an arm got what it cannot get.
bool count(const ratio_epoch& epoch, counts_by_probabilities& all) {
  std::vector<double> p;
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < epoch.counts.size(); ++i) {
    if (epoch.probabilities[i] > 0) {
      p.push_back(epoch.probabilities[i]);
      counts.push_back(epoch.counts[i]);
    } else if (epoch.counts[i] > 0) {
      return false;
    }
  }
  auto& total = all[p];
  total.resize(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    total[i] += counts[i];
  return true;
}

double learned_ln_e(const counts_by_probabilities& all) {
  double ln_e = 0;
  for (const auto& [p, counts] : all) {
    auto prior = p;
    for (auto& a : prior)
      a *= prior_units;
    ln_e += dirichlet_multinomial_ln_e(counts, p, prior);
  }
  return ln_e;
}

/// The bet that arm `i` gets `factor` times its units, and the others share
/// the rest as they should: a likelihood ratio.
double
tilted_ln_e(std::span<const ratio_epoch> epochs, std::size_t i, double factor) {
  double ln_e = 0;
  for (const auto& epoch : epochs) {
    const auto n = std::accumulate(
      epoch.counts.begin(), epoch.counts.end(), std::uint64_t{0});
    const auto p = epoch.probabilities[i];
    ln_e += static_cast<double>(epoch.counts[i]) * std::log(factor) -
      static_cast<double>(n) * std::log1p(p * (factor - 1));
  }
  return ln_e;
}

} // namespace

double dirichlet_multinomial_ln_e(
  std::span<const std::uint64_t> counts, std::span<const double> probabilities,
  std::span<const double> prior) {
  double ln_e = 0;
  double units = 0;
  double prior_sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto n = static_cast<double>(counts[i]);
    ln_e += detail::log_gamma(prior[i] + n) - detail::log_gamma(prior[i]) -
      n * std::log(probabilities[i]);
    units += n;
    prior_sum += prior[i];
  }
  return ln_e + detail::log_gamma(prior_sum) -
    detail::log_gamma(prior_sum + units);
}

double rate_above_ln_e(std::uint64_t found, std::uint64_t of, double rate) {
  const auto yes = static_cast<double>(found);
  const auto no = static_cast<double>(of - found);
  const auto bet = [&](double other) {
    return yes * std::log(other / rate) +
      no * (std::log1p(-other) - std::log1p(-rate));
  };
  std::vector<double> bets{bet(std::max(surest, (1 + rate) / 2))};
  for (const auto excess : excesses)
    if (excess * rate < surest)
      bets.push_back(bet(excess * rate));
  return detail::log_mean_exp(bets);
}

result<sample_ratio>
sample_ratio_evidence(std::span<const ratio_epoch> epochs) {
  if (epochs.empty())
    return sample_ratio{};
  const auto arms = epochs.front().counts.size();
  counts_by_probabilities all;
  bool impossible = false;
  for (const auto& epoch : epochs) {
    if (auto sound = check(epoch, arms); !sound)
      return sound.err();
    impossible = !count(epoch, all) || impossible;
  }
  std::vector<double> bets;
  for (std::size_t i = 0; i < arms; ++i)
    for (const auto factor : factors) {
      bets.push_back(tilted_ln_e(epochs, i, factor));
      bets.push_back(tilted_ln_e(epochs, i, 1 / factor));
    }
  const std::array both{learned_ln_e(all), detail::log_mean_exp(bets)};
  return sample_ratio{detail::log_mean_exp(both), impossible};
}

} // namespace ratchet::analysis
