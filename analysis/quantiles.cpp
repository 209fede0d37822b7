#include "analysis/quantiles.hpp"

#include "analysis/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace ratchet::analysis {

namespace {

/// By products alone, whose rounding is the same everywhere.
double power(double base, std::int64_t exponent) {
  if (exponent < 0)
    return 1 / power(base, -exponent);
  double value = 1;
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0)
      value *= base;
    base *= base;
  }
  return value;
}

std::uint64_t total(const sketch_bins& bins) {
  return std::accumulate(
    bins.counts.begin(), bins.counts.end(), std::uint64_t{0});
}

/// Makes place for bin `key`. True if it had to be moved up to the lowest bin
/// there is, or others were moved up for it.
bool make_place(sketch_bins& bins, std::int32_t& key) {
  auto& counts = bins.counts;
  if (counts.empty()) {
    bins.first = key;
    counts.push_back(0);
    return false;
  }
  const auto last = bins.first + static_cast<std::int32_t>(counts.size()) - 1;
  constexpr auto span = static_cast<std::int32_t>(quantile_sketch::max_bins);
  const auto lowest = std::max(last, key) - span + 1;
  bool moved = key < lowest;
  key = std::max(key, lowest);
  if (bins.first < lowest) {
    // The bins below the new lowest one are counted in it.
    const auto gone = std::min(lowest - bins.first, last - bins.first + 1);
    const auto sum =
      std::accumulate(counts.begin(), counts.begin() + gone, std::uint64_t{0});
    counts.erase(counts.begin(), counts.begin() + gone);
    bins.first = lowest;
    if (counts.empty())
      counts.push_back(0);
    counts.front() += sum;
    moved = true;
  }
  if (key < bins.first) {
    counts.insert(counts.begin(), bins.first - key, 0);
    bins.first = key;
  }
  const auto needed = static_cast<std::size_t>(key - bins.first) + 1;
  if (counts.size() < needed)
    counts.resize(needed);
  return moved;
}

void trim(sketch_bins& bins) {
  auto& counts = bins.counts;
  while (!counts.empty() && counts.back() == 0)
    counts.pop_back();
  const auto used =
    std::find_if(counts.begin(), counts.end(), [](auto n) { return n != 0; });
  bins.first += static_cast<std::int32_t>(used - counts.begin());
  counts.erase(counts.begin(), used);
  if (counts.empty())
    bins.first = 0;
}

/// Where a value of bin `key` was counted, given what was collapsed since.
std::uint64_t* find(sketch_bins& bins, std::int32_t key, bool collapsed) {
  if (collapsed && !bins.counts.empty())
    key = std::max(key, bins.first);
  if (key < bins.first)
    return nullptr;
  const auto index = static_cast<std::size_t>(key - bins.first);
  return index < bins.counts.size() ? &bins.counts[index] : nullptr;
}

bool merge_bins(sketch_bins& bins, const sketch_bins& other) {
  bool moved = false;
  // From the top, so that what must be collapsed is collapsed once.
  for (std::size_t i = other.counts.size(); i-- > 0;) {
    if (other.counts[i] == 0)
      continue;
    auto key = other.first + static_cast<std::int32_t>(i);
    moved |= make_place(bins, key);
    bins.counts[static_cast<std::size_t>(key - bins.first)] += other.counts[i];
  }
  return moved;
}

result<void> check(double value) {
  if (std::isfinite(value))
    return {};
  return error{
    errc::invalid_argument,
    "value " + std::to_string(value) + " is not a finite number"};
}

} // namespace

quantile_sketch::quantile_sketch(double accuracy)
    : accuracy_(accuracy), growth_((1 + accuracy) / (1 - accuracy)),
      log_growth_(std::log(growth_)) {
  RATCHET_ASSERT(accuracy >= 0.0001 && accuracy <= 0.5);
}

std::int32_t quantile_sketch::bin_of(double magnitude) const {
  const auto position = std::log(magnitude) / log_growth_;
  const auto nearest = std::llround(position);
  // Next to a border the logarithm's last bits decide, and they differ from
  // one processor to the next: there the border itself is compared.
  if (std::abs(position - static_cast<double>(nearest)) < 1e-6)
    return static_cast<std::int32_t>(
      magnitude <= power(growth_, nearest) ? nearest : nearest + 1);
  return static_cast<std::int32_t>(std::ceil(position));
}

double quantile_sketch::value_of(std::int32_t bin) const {
  // The lower border first: at the largest doubles the upper one is infinite.
  return power(growth_, bin - 1) * (2 * growth_ / (growth_ + 1));
}

result<void> quantile_sketch::add(double value, std::uint64_t times) {
  if (auto ok = check(value); !ok || times == 0)
    return ok;
  if (std::abs(value) <= zero_magnitude) {
    contents_.zeros += times;
    return {};
  }
  auto& bins = value > 0 ? contents_.positive : contents_.negative;
  auto key = bin_of(std::abs(value));
  contents_.collapsed |= make_place(bins, key);
  bins.counts[static_cast<std::size_t>(key - bins.first)] += times;
  return {};
}

result<void> quantile_sketch::remove(double value, std::uint64_t times) {
  if (auto ok = check(value); !ok || times == 0)
    return ok;
  auto& bins = value > 0 ? contents_.positive : contents_.negative;
  auto* count = std::abs(value) <= zero_magnitude
    ? &contents_.zeros
    : find(bins, bin_of(std::abs(value)), contents_.collapsed);
  if (count == nullptr || *count < times)
    return error{
      errc::invalid_argument,
      "value " + std::to_string(value) +
        " was taken back from a sketch that does not hold it"};
  *count -= times;
  if (*count == 0)
    trim(bins);
  return {};
}

result<void> quantile_sketch::merge(const quantile_sketch& other) {
  if (accuracy_ != other.accuracy_)
    return error{
      errc::invalid_argument,
      "sketches with accuracies of " + std::to_string(accuracy_) + " and " +
        std::to_string(other.accuracy_) + " do not merge"};
  // A copy, because a sketch may be merged with itself.
  const auto added = other.contents_;
  contents_.zeros += added.zeros;
  contents_.collapsed |= added.collapsed;
  contents_.collapsed |= merge_bins(contents_.positive, added.positive);
  contents_.collapsed |= merge_bins(contents_.negative, added.negative);
  return {};
}

quantile_sketch::bounds
quantile_sketch::quantile_bounds(double q, double alpha, double best_at) const {
  const auto n = count();
  if (n < 2)
    return {};
  const auto [low, high] = quantile_ranks(q, n, alpha, best_at);
  // The value of place k from 1; half a place on, so that rounding cannot take
  // its neighbor.
  const auto value_at = [&](std::uint64_t place) {
    const auto rank =
      (static_cast<double>(place) - 0.5) / static_cast<double>(n - 1);
    return *quantile(std::min(rank, 1.0));
  };
  bounds found;
  if (low >= 1)
    found.low = value_at(low);
  if (high <= n)
    found.high = value_at(high);
  if (found.low)
    *found.low -= accuracy_ * std::abs(*found.low);
  if (found.high)
    *found.high += accuracy_ * std::abs(*found.high);
  return found;
}

std::uint64_t quantile_sketch::count() const {
  return total(contents_.positive) + total(contents_.negative) +
    contents_.zeros;
}

std::optional<double> quantile_sketch::quantile(double q) const {
  const auto n = count();
  if (n == 0)
    return std::nullopt;
  const auto rank = q * static_cast<double>(n - 1);
  double below = 0;
  const auto& [first, counts] = contents_.negative;
  for (std::size_t i = counts.size(); i-- > 0;) {
    below += static_cast<double>(counts[i]);
    if (counts[i] != 0 && below > rank)
      return -value_of(first + static_cast<std::int32_t>(i));
  }
  below += static_cast<double>(contents_.zeros);
  if (contents_.zeros != 0 && below > rank)
    return 0.0;
  const auto& bins = contents_.positive;
  for (std::size_t i = 0; i < bins.counts.size(); ++i) {
    below += static_cast<double>(bins.counts[i]);
    if (bins.counts[i] != 0 && below > rank)
      return value_of(bins.first + static_cast<std::int32_t>(i));
  }
  // Rounding of q (n - 1) for counts beyond 2^53 only.
  return bins.counts.empty()
    ? 0.0
    : value_of(bins.first + static_cast<std::int32_t>(bins.counts.size()) - 1);
}

} // namespace ratchet::analysis
