#include "analysis/allocation.hpp"

#include "analysis/detail/special.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace ratchet::analysis {

namespace {

constexpr double least_gap = 1e-3;
constexpr double least_variance = 1e-6;

std::vector<double> scaled_to_one(std::vector<double> weights) {
  const auto sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (auto& w : weights)
    w /= sum;
  return weights;
}

std::size_t leader_of(std::span<const arm_estimate> arms) {
  const auto behind = [](const arm_estimate& a, const arm_estimate& b) {
    if (a.mean != b.mean)
      return a.mean < b.mean;
    // a.variance / a.units > b.variance / b.units, without dividing by 0.
    return a.variance * b.units > b.variance * a.units;
  };
  return static_cast<std::size_t>(
    std::max_element(arms.begin(), arms.end(), behind) - arms.begin());
}

double variance_of(const arm_estimate& arm) {
  return std::max(arm.variance, least_variance);
}

/// Of a coin: how far q is from p (Kullback and Leibler), without the loss of
/// digits that the usual form has where they are close.
double divergence(double p, double q) {
  return -p * std::log1p((q - p) / p) - (1 - p) * std::log1p((p - q) / (1 - p));
}

/// The leader's rate against one other: how well they are told apart when the
/// other gets `part` of their units.
struct rate_pair {
  /// Nearly all; the formulas have no value at 1.
  static constexpr double most_part = 1 - 1e-6;

  double leader;
  double other;

  [[nodiscard]] double mixed(double part) const {
    return leader + (other - leader) * part;
  }
  [[nodiscard]] double told_apart(double part) const {
    const auto m = mixed(part);
    return divergence(leader, m) + part / (1 - part) * divergence(other, m);
  }
  /// The part at which they are told apart by `y`, which is not above
  /// `told_apart(most_part)`.
  [[nodiscard]] double part_for(double y) const {
    return detail::find_root(
      [&](double part) { return told_apart(part) - y; }, 0, most_part);
  }
};

/// Pairs of the leader with each other arm, in order.
std::vector<rate_pair>
pairs_of(std::span<const double> rates, std::size_t leader) {
  const auto inside = [](double x) {
    return std::clamp(x, 2 * least_gap, 1 - 2 * least_gap);
  };
  const auto best = inside(rates[leader]);
  std::vector<rate_pair> pairs;
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (i != leader)
      pairs.push_back({best, std::min(inside(rates[i]), best - least_gap)});
  return pairs;
}

error invalid(const std::string& what) {
  return {errc::invalid_argument, "allocation: " + what};
}

result<void> check(const allocation_rule& rule) {
  if (!(rule.floor > 0 && rule.floor <= 1))
    return invalid("the floor must be above 0 and at most 1");
  if (!(rule.max_factor > 1))
    return invalid("max_factor must be above 1");
  if (!(rule.nursery_units >= 0 && rule.slack >= 0))
    return invalid("nursery_units and slack must not be negative");
  return {};
}

result<void> check(const arm_state& arm) {
  const auto& e = arm.estimate;
  if (!(e.units >= 0) || !std::isfinite(e.units))
    return invalid("an arm has no sound number of units");
  if (!(e.mean >= 0 && e.mean <= 1))
    return invalid("an arm's mean is outside [0, 1]");
  // Of outcomes in [0, 1] 1/4 at most, up to the sample's n / (n - 1).
  if (!(e.variance >= 0 && e.variance <= 0.5))
    return invalid("an arm's variance is outside [0, 0.5]");
  if (!(arm.share >= 0 && arm.share <= 1))
    return invalid("an arm's share is outside [0, 1]");
  return {};
}

std::vector<double>
raw_weights(const allocation_rule& rule, std::span<const arm_estimate> arms) {
  std::vector<arm_belief> beliefs;
  beliefs.reserve(arms.size());
  for (const auto& arm : arms)
    beliefs.emplace_back(
      beta_belief{1 + arm.units * arm.mean, 1 + arm.units * (1 - arm.mean)});
  switch (rule.method) {
  case allocation_method::equal:
    break;
  case allocation_method::thompson:
    return best_probabilities(beliefs);
  case allocation_method::top_two:
    return top_two_weights(beliefs);
  case allocation_method::track_and_stop:
    return track_and_stop_weights(arms, rule.slack);
  }
  return std::vector<double>(arms.size(), 1 / static_cast<double>(arms.size()));
}

/// Gives arms with few units an equal share, at the cost of the others.
std::vector<double> with_nursery(
  std::vector<double> weights, std::span<const arm_estimate> arms,
  double units) {
  const auto equal = 1 / static_cast<double>(arms.size());
  double young = 0;
  double grown = 0;
  for (std::size_t i = 0; i < arms.size(); ++i)
    (arms[i].units < units ? young : grown) +=
      arms[i].units < units ? equal : weights[i];
  for (std::size_t i = 0; i < arms.size(); ++i)
    if (arms[i].units < units)
      weights[i] = equal;
    else
      weights[i] *= grown > 0 ? (1 - young) / grown : 0;
  return weights;
}

/// The furthest point on the way from `before` to `target` at which no share
/// has grown or shrunk by more than `factor`; new arms do not hold back.
std::vector<double> limited(
  std::vector<double> target, std::span<const double> before, double factor) {
  double way = 1;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (!(before[i] > 0))
      return target;
    const auto step = target[i] - before[i];
    const auto most =
      step > 0 ? before[i] * (factor - 1) : before[i] * (1 - 1 / factor);
    if (std::abs(step) > most)
      way = std::min(way, most / std::abs(step));
  }
  for (std::size_t i = 0; i < target.size(); ++i)
    target[i] = before[i] + way * (target[i] - before[i]);
  return target;
}

} // namespace

std::vector<double>
track_and_stop_weights(std::span<const arm_estimate> arms, double slack) {
  if (arms.size() < 2)
    return std::vector<double>(arms.size(), 1.0);
  const auto leader = leader_of(arms);
  const auto x = variance_of(arms[leader]);
  const auto square_gap = [&](std::size_t i) {
    const auto gap =
      std::max(arms[leader].mean - arms[i].mean + slack, least_gap);
    return gap * gap;
  };
  auto nearest = leader == 0 ? std::size_t{1} : std::size_t{0};
  double variances = 0;
  for (std::size_t i = 0; i < arms.size(); ++i) {
    if (i == leader)
      continue;
    variances += variance_of(arms[i]);
    if (square_gap(i) < square_gap(nearest))
      nearest = i;
  }
  // The weight of arm i when the leader's is 1 and all are told from it by
  // y = (x + t) / square_gap(nearest).
  const auto weight = [&](std::size_t i, double t) {
    const auto times = square_gap(i) / square_gap(nearest);
    return variance_of(arms[i]) / (t + (x + t) * (times - 1));
  };
  const auto excess = [&](double t) {
    double sum = -1 / x;
    for (std::size_t i = 0; i < arms.size(); ++i)
      if (i != leader)
        sum += weight(i, t) * weight(i, t) / variance_of(arms[i]);
    return sum;
  };
  // The nearest arm alone has an excess of 0 at the low end; were all arms as
  // near, they would have at the high end.
  const auto low = std::sqrt(x * variance_of(arms[nearest])) * (1 - 1e-9);
  const auto high = std::sqrt(x * variances) * (1 + 1e-9);
  const auto t = detail::find_root(excess, low, high);
  std::vector<double> weights(arms.size(), 1.0);
  for (std::size_t i = 0; i < arms.size(); ++i)
    if (i != leader)
      weights[i] = weight(i, t);
  return scaled_to_one(std::move(weights));
}

std::vector<double> rate_track_and_stop_weights(std::span<const double> rates) {
  const auto leader = static_cast<std::size_t>(
    std::max_element(rates.begin(), rates.end()) - rates.begin());
  const auto pairs = pairs_of(rates, leader);
  auto largest = HUGE_VAL;
  for (const auto& pair : pairs)
    largest = std::min(largest, pair.told_apart(rate_pair::most_part));
  const auto excess = [&](double y) {
    double sum = -1;
    for (const auto& pair : pairs) {
      const auto m = pair.mixed(pair.part_for(y));
      sum += divergence(pair.leader, m) / divergence(pair.other, m);
    }
    return sum;
  };
  const auto y = detail::find_root(excess, largest * 1e-9, largest);
  std::vector<double> weights;
  weights.reserve(rates.size());
  for (const auto& pair : pairs) {
    const auto part = pair.part_for(y);
    weights.push_back(part / (1 - part));
  }
  weights.insert(weights.begin() + static_cast<std::ptrdiff_t>(leader), 1.0);
  return scaled_to_one(std::move(weights));
}

std::vector<double> with_floor(std::span<const double> weights, double floor) {
  const auto arms = static_cast<double>(weights.size());
  std::vector<double> shares(weights.begin(), weights.end());
  for (auto& w : shares)
    w = arms * floor >= 1 ? 1 / arms : floor + (1 - arms * floor) * w;
  return shares;
}

result<std::vector<double>>
allocate(const allocation_rule& rule, std::span<const arm_state> arms) {
  if (auto sound = check(rule); !sound)
    return sound.err();
  std::vector<arm_estimate> open;
  std::vector<double> before;
  for (const auto& arm : arms) {
    if (auto sound = check(arm); !sound)
      return sound.err();
    if (arm.open) {
      open.push_back(arm.estimate);
      before.push_back(arm.share);
    }
  }
  if (open.empty())
    return invalid("no arm is open");
  auto target = with_floor(
    with_nursery(raw_weights(rule, open), open, rule.nursery_units),
    rule.floor);
  const auto known = std::accumulate(before.begin(), before.end(), 0.0);
  if (known > 0)
    target = limited(
      std::move(target), scaled_to_one(std::move(before)), rule.max_factor);
  std::vector<double> shares(arms.size(), 0.0);
  auto next = target.begin();
  for (std::size_t i = 0; i < arms.size(); ++i)
    if (arms[i].open)
      shares[i] = *next++;
  return shares;
}

} // namespace ratchet::analysis
