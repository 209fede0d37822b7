#include "analysis/input_drift.hpp"

#include "analysis/detail/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace ratchet::analysis {

namespace {

struct totals {
  double before = 0;
  double after = 0;
};

totals sum_of(std::span<const category_counts> categories) {
  totals sum;
  for (const auto& c : categories) {
    sum.before += static_cast<double>(c.before);
    sum.after += static_cast<double>(c.after);
  }
  return sum;
}

/// The categories frequent enough to be tested, and the others as one.
std::vector<totals>
pool_rare(std::span<const category_counts> categories, const totals& sum) {
  constexpr double min_expected = 5;
  const auto smaller_share =
    std::min(sum.before, sum.after) / (sum.before + sum.after);
  const auto rare = [&](const totals& c) {
    return (c.before + c.after) * smaller_share < min_expected;
  };
  std::vector<totals> cells;
  totals rest;
  for (const auto& c : categories) {
    const totals cell{
      static_cast<double>(c.before), static_cast<double>(c.after)};
    if (!rare(cell)) {
      cells.push_back(cell);
      continue;
    }
    rest.before += cell.before;
    rest.after += cell.after;
  }
  if (!rare(rest) || cells.empty()) {
    cells.push_back(rest);
  } else if (rest.before + rest.after > 0) {
    // Still too rare: with the least frequent of the others, by counts alone,
    // so that the order of the categories does not matter.
    auto& least = *std::min_element(
      cells.begin(), cells.end(), [](const totals& a, const totals& b) {
        const auto size = a.before + a.after;
        const auto other = b.before + b.after;
        return size != other ? size < other : a.before < b.before;
      });
    least.before += rest.before;
    least.after += rest.after;
  }
  return cells;
}

void test_shares(
  category_shift& shift, std::span<const category_counts> categories,
  const totals& sum) {
  const auto cells = pool_rare(categories, sum);
  for (const auto& cell : cells) {
    const auto all = (cell.before + cell.after) / (sum.before + sum.after);
    for (const auto& [count, n] :
         {std::pair{cell.before, sum.before}, {cell.after, sum.after}})
      shift.chi_square += (count - n * all) * (count - n * all) / (n * all);
  }
  shift.degrees = cells.size() - 1;
  if (shift.degrees > 0)
    shift.p_value = detail::chi_square_tail(
      shift.chi_square, static_cast<double>(shift.degrees));
}

/// p ln(p / q), 0 at 0.
double information(double p, double q) {
  return p > 0 ? p * std::log(p / q) : 0;
}

} // namespace

double kolmogorov_tail(double x) {
  if (x <= 0)
    return 1;
  double sum = 0;
  if (x < 1.18) {
    // The theta form converges where the alternating one does not.
    const auto step = std::numbers::pi / x;
    for (int k = 1; k <= 19; k += 2)
      sum += std::exp(-k * k * step * step / 8);
    return std::clamp(1 - std::sqrt(2 * std::numbers::pi) / x * sum, 0.0, 1.0);
  }
  for (int k = 1; k <= 10; ++k)
    sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2 * k * k * x * x);
  return std::clamp(sum, 0.0, 1.0);
}

std::optional<ks_result> kolmogorov_smirnov(
  std::span<const double> before, std::span<const double> after) {
  if (before.size() < min_drift_sample || after.size() < min_drift_sample)
    return std::nullopt;
  std::vector<double> a{before.begin(), before.end()};
  std::vector<double> b{after.begin(), after.end()};
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  double distance = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    // Past all that equal the smaller: the gap counts between values only.
    const auto value = std::min(a[i], b[j]);
    while (i < a.size() && a[i] == value)
      ++i;
    while (j < b.size() && b[j] == value)
      ++j;
    distance = std::max(
      distance,
      std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m));
  }
  return ks_result{
    distance, kolmogorov_tail(std::sqrt(n * m / (n + m)) * distance)};
}

std::optional<category_shift>
compare_categories(std::span<const category_counts> categories) {
  const auto sum = sum_of(categories);
  if (sum.before < min_drift_sample || sum.after < min_drift_sample)
    return std::nullopt;
  category_shift shift;
  test_shares(shift, categories, sum);
  const auto added = 0.5 * static_cast<double>(categories.size());
  for (const auto& c : categories) {
    const auto before = static_cast<double>(c.before);
    const auto after = static_cast<double>(c.after);
    const auto p = (before + 0.5) / (sum.before + added);
    const auto q = (after + 0.5) / (sum.after + added);
    shift.stability_index += (q - p) * std::log(q / p);
    const auto share = before / sum.before;
    const auto other = after / sum.after;
    const auto middle = (share + other) / 2;
    shift.jensen_shannon +=
      (information(share, middle) + information(other, middle)) / 2;
  }
  return shift;
}

} // namespace ratchet::analysis
