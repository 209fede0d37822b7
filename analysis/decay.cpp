#include "analysis/decay.hpp"

#include <algorithm>
#include <cmath>

namespace ratchet::analysis {

namespace {

/// Beyond it the landmark moves: 2^500 squared is still a double.
constexpr double max_exponent = 500;

double half_lives(duration half_life, time_point from, time_point to) {
  return static_cast<double>((to - from).count()) /
    static_cast<double>(half_life.count());
}

void move_landmark(decayed_moments& cell, time_point to) {
  const auto factor =
    std::exp2(-half_lives(cell.half_life, *cell.landmark, to));
  cell.landmark = to;
  cell.weight *= factor;
  cell.spread *= factor;
  cell.squared_weight *= factor * factor;
}

/// Takes in a part whose landmark is the cell's own.
void combine(decayed_moments& cell, const decayed_moments& part) {
  if (part.weight <= 0)
    return;
  const auto total = cell.weight + part.weight;
  const auto distance = part.mean - cell.mean;
  // Shares before products: a product of two weights could overflow.
  const auto share = part.weight / total;
  cell.mean += distance * share;
  cell.spread += part.spread + distance * distance * share * cell.weight;
  cell.weight = total;
  cell.squared_weight += part.squared_weight;
}

} // namespace

result<void> add(decayed_moments& cell, time_point time, double value) {
  if (cell.half_life <= duration::zero())
    return error{
      errc::invalid_argument,
      "a half-life of " + format_duration(cell.half_life) +
        " forgets everything; give one of 1 ms or more"};
  if (!std::isfinite(value))
    return error{
      errc::invalid_argument,
      "metric value " + std::to_string(value) + " is not a finite number"};
  if (!cell.landmark)
    cell.landmark = time;
  auto exponent = half_lives(cell.half_life, *cell.landmark, time);
  if (exponent > max_exponent) {
    move_landmark(cell, time);
    exponent = 0;
  }
  const auto weight = std::exp2(exponent);
  combine(
    cell, {.weight = weight, .squared_weight = weight * weight, .mean = value});
  return {};
}

result<void> merge(decayed_moments& cell, const decayed_moments& other) {
  if (cell.half_life != other.half_life)
    return error{
      errc::invalid_argument,
      "cells with half-lives of " + format_duration(cell.half_life) + " and " +
        format_duration(other.half_life) + " do not merge"};
  if (!other.landmark)
    return {};
  if (!cell.landmark) {
    cell = other;
    return {};
  }
  auto part = other;
  const auto landmark = std::max(*cell.landmark, *part.landmark);
  move_landmark(cell, landmark);
  move_landmark(part, landmark);
  combine(cell, part);
  return {};
}

double weight_at(const decayed_moments& cell, time_point now) {
  if (!cell.landmark)
    return 0;
  return cell.weight *
    std::exp2(-half_lives(cell.half_life, *cell.landmark, now));
}

std::optional<double> mean(const decayed_moments& cell) {
  if (cell.weight <= 0)
    return std::nullopt;
  return cell.mean;
}

std::optional<double> variance(const decayed_moments& cell) {
  if (cell.weight <= 0)
    return std::nullopt;
  return cell.spread / cell.weight;
}

double effective_count(const decayed_moments& cell) {
  if (cell.squared_weight <= 0)
    return 0;
  return cell.weight / cell.squared_weight * cell.weight;
}

} // namespace ratchet::analysis
