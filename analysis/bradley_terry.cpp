#include "analysis/fixed_sum.hpp"
#include "analysis/preference.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace ratchet::analysis {

namespace {

constexpr double ridge = 1e-6;
/// A longer step of Newton's method is cut to this: far out it overshoots.
constexpr double longest_step = 2;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "comparisons: " + what};
}

/// All comparisons of one prompt between one pair of items, first < second.
struct tally {
  std::size_t first = 0;
  std::size_t second = 0;
  double count = 0;
  double wins = 0; ///< Of the first.
};

/// By prompt; a prompt without a name is one of its own.
using clusters = std::vector<std::vector<tally>>;

std::vector<std::string> names_of(std::span<const comparison> comparisons) {
  std::vector<std::string> names;
  for (const auto& c : comparisons) {
    names.push_back(c.first);
    names.push_back(c.second);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::size_t
place_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(
    std::lower_bound(names.begin(), names.end(), name) - names.begin());
}

/// A comparison with the smaller place first.
std::tuple<std::size_t, std::size_t, double>
turned(const comparison& c, const std::vector<std::string>& names) {
  const auto first = place_of(names, c.first);
  const auto second = place_of(names, c.second);
  return first < second ? std::tuple(first, second, c.preference)
                        : std::tuple(second, first, 1 - c.preference);
}

clusters tallies_of(
  std::span<const comparison> comparisons,
  const std::vector<std::string>& names) {
  struct cell {
    std::int64_t count = 0;
    fixed_sum wins;
  };
  using pair = std::pair<std::size_t, std::size_t>;
  std::map<std::string, std::map<pair, cell>> by_prompt;
  std::vector<std::tuple<std::size_t, std::size_t, double>> alone;
  for (const auto& c : comparisons) {
    const auto [first, second, preference] = turned(c, names);
    if (c.prompt.empty()) {
      alone.emplace_back(first, second, preference);
      continue;
    }
    auto& to = by_prompt[c.prompt][{first, second}];
    to.count += 1;
    add(to.wins, preference);
  }
  clusters all;
  for (const auto& [prompt, cells] : by_prompt) {
    std::vector<tally> one;
    for (const auto& [items, sum] : cells)
      one.push_back(
        {items.first, items.second, static_cast<double>(sum.count),
         value_of(sum.wins)});
    all.push_back(std::move(one));
  }
  std::sort(alone.begin(), alone.end());
  for (const auto& [first, second, preference] : alone)
    all.push_back({{first, second, 1, preference}});
  return all;
}

/// Marks what can be reached from `from` over `edges`.
std::vector<bool>
reached(std::size_t from, const std::vector<std::vector<bool>>& edges) {
  std::vector<bool> seen(edges.size(), false);
  std::vector<std::size_t> open{from};
  seen[from] = true;
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    for (std::size_t to = 0; to < edges.size(); ++to)
      if (edges[at][to] && !seen[to]) {
        seen[to] = true;
        open.push_back(to);
      }
  }
  return seen;
}

bool all_of(const std::vector<bool>& seen) {
  return std::find(seen.begin(), seen.end(), false) == seen.end();
}

/// Who beat whom, ever; with `both_ways`, who met whom.
std::vector<std::vector<bool>>
edges_of(const clusters& all, std::size_t count, bool both_ways) {
  std::vector<std::vector<bool>> edges(count, std::vector<bool>(count, false));
  for (const auto& cluster : all)
    for (const auto& t : cluster) {
      if (t.wins > 0 || both_ways)
        edges[t.first][t.second] = true;
      if (t.wins < t.count || both_ways)
        edges[t.second][t.first] = true;
    }
  return edges;
}

/// "a, b | c": the groups that nothing connects.
std::string groups_of(
  const std::vector<std::vector<bool>>& met,
  const std::vector<std::string>& names) {
  std::vector<bool> listed(names.size(), false);
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (listed[i])
      continue;
    text += text.empty() ? "" : " | ";
    const auto group = reached(i, met);
    bool first = true;
    for (std::size_t j = 0; j < names.size(); ++j)
      if (group[j]) {
        text += (first ? "" : ", ") + names[j];
        listed[j] = true;
        first = false;
      }
  }
  return text;
}

double win_probability(double difference) {
  return 1 / (1 + std::exp(-difference));
}

/// Adds the slope of the log-likelihood of one cluster.
void add_slope(
  const std::vector<tally>& cluster, const Eigen::VectorXd& strength,
  Eigen::VectorXd& slope) {
  for (const auto& t : cluster) {
    const auto i = static_cast<Eigen::Index>(t.first);
    const auto j = static_cast<Eigen::Index>(t.second);
    const auto p = win_probability(strength[i] - strength[j]);
    slope[i] += t.wins - t.count * p;
    slope[j] -= t.wins - t.count * p;
  }
}

/// Minus the second derivatives, with the ridge. The sum of the strengths,
/// which the comparisons leave open, is held by the ones.
Eigen::MatrixXd
curvature(const clusters& all, const Eigen::VectorXd& strength) {
  const auto n = strength.size();
  Eigen::MatrixXd h =
    Eigen::MatrixXd::Identity(n, n) * ridge + Eigen::MatrixXd::Ones(n, n);
  for (const auto& cluster : all)
    for (const auto& t : cluster) {
      const auto i = static_cast<Eigen::Index>(t.first);
      const auto j = static_cast<Eigen::Index>(t.second);
      const auto p = win_probability(strength[i] - strength[j]);
      const auto weight = t.count * p * (1 - p);
      h(i, i) += weight;
      h(j, j) += weight;
      h(i, j) -= weight;
      h(j, i) -= weight;
    }
  return h;
}

Eigen::VectorXd strongest_fit(const clusters& all, std::size_t count) {
  const auto n = static_cast<Eigen::Index>(count);
  Eigen::VectorXd strength = Eigen::VectorXd::Zero(n);
  for (int round = 0; round < 200; ++round) {
    Eigen::VectorXd slope = -ridge * strength;
    for (const auto& cluster : all)
      add_slope(cluster, strength, slope);
    Eigen::VectorXd step = curvature(all, strength).ldlt().solve(slope);
    const auto longest = step.cwiseAbs().maxCoeff();
    if (longest > longest_step)
      step *= longest_step / longest;
    strength += step;
    if (longest < 1e-13)
      break;
  }
  return strength.array() - strength.mean();
}

Eigen::MatrixXd sandwich(const clusters& all, const Eigen::VectorXd& strength) {
  const auto n = strength.size();
  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(n, n);
  for (const auto& cluster : all) {
    Eigen::VectorXd slope = Eigen::VectorXd::Zero(n);
    add_slope(cluster, strength, slope);
    meat += slope * slope.transpose();
  }
  const Eigen::MatrixXd bread =
    curvature(all, strength).ldlt().solve(Eigen::MatrixXd::Identity(n, n));
  return bread * meat * bread;
}

result<void> check(std::span<const comparison> comparisons) {
  if (comparisons.empty())
    return invalid("there are none");
  for (const auto& c : comparisons) {
    if (c.first == c.second)
      return invalid(c.first + " is compared with itself");
    if (!(c.preference >= 0 && c.preference <= 1))
      return invalid(
        "a preference between " + c.first + " and " + c.second +
        " is outside [0, 1]");
  }
  return {};
}

} // namespace

result<strength_table> bradley_terry(std::span<const comparison> comparisons) {
  if (auto sound = check(comparisons); !sound)
    return sound.err();
  const auto names = names_of(comparisons);
  const auto all = tallies_of(comparisons, names);
  const auto met = edges_of(all, names.size(), true);
  if (!all_of(reached(0, met)))
    return invalid(
      "nothing connects these groups, so they have no common scale: " +
      groups_of(met, names));
  strength_table table;
  // From one item all others can be reached over wins, and it from all.
  const auto beats = edges_of(all, names.size(), false);
  auto loses = beats;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = 0; j < names.size(); ++j)
      loses[i][j] = beats[j][i];
  table.separated = !all_of(reached(0, beats)) || !all_of(reached(0, loses));
  const auto strength = strongest_fit(all, names.size());
  const auto covariance = sandwich(all, strength);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    table.items.push_back(
      {names[i], strength[at], std::sqrt(covariance(at, at)),
       strength[at] * 400 / std::log(10)});
    for (Eigen::Index j = 0; j < strength.size(); ++j)
      table.covariance.push_back(covariance(at, j));
  }
  return table;
}

strength_difference difference_of(
  const strength_table& table, std::size_t first, std::size_t second) {
  const auto n = table.items.size();
  const auto at = [&](std::size_t i, std::size_t j) {
    return table.covariance[i * n + j];
  };
  const auto difference =
    table.items[first].strength - table.items[second].strength;
  const auto variance =
    at(first, first) + at(second, second) - 2 * at(first, second);
  return {
    difference, std::sqrt(std::max(0.0, variance)),
    win_probability(difference)};
}

} // namespace ratchet::analysis
