#pragma once

#include <cstdint>
#include <optional>
#include <span>

/// Has the input changed? Two samples of one feature, before and after: tests
/// and distances.
///
/// Informational. A change of the input is no loss by itself, so nothing here
/// triggers anything alone; it asks for labels. One test a feature and day,
/// each with its p value, and Benjamini-Hochberg over the features of the day.

namespace ratchet::analysis {

/// Below so many values on either side there is no verdict.
inline constexpr std::size_t min_drift_sample = 50;

struct ks_result {
  double distance = 0; ///< The largest gap of the two distribution functions.
  double p_value = 1;  ///< Asymptotic; too large (safe) where values tie.
};

/// The two-sample Kolmogorov-Smirnov test, for numbers.
///
/// Shape:  finite values in any order; none if either sample has fewer than
///         `min_drift_sample`. A feature that is constant in both, at one
///         value, has p 1.
/// Cost:   sorts copies.
[[nodiscard]] std::optional<ks_result> kolmogorov_smirnov(
  std::span<const double> before, std::span<const double> after);

/// P(D sqrt(n) > x) as n grows: Kolmogorov's distribution, upper tail.
[[nodiscard]] double kolmogorov_tail(double x);

/// How often one category came.
struct category_counts {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
};

struct category_shift {
  /// Pearson's statistic for "both have the same shares". Categories too rare
  /// for it (expected below 5 on a side) are taken as one.
  double chi_square = 0;
  std::uint64_t degrees = 0;
  double p_value = 1;
  /// The population stability index, in nats, with half a count added to each
  /// cell, so that a new category is large, not infinite. Custom: above 0.1 is
  /// notable, above 0.25 a shift.
  double stability_index = 0;
  /// The Jensen-Shannon divergence, in nats: from 0 to ln 2 (no overlap).
  double jensen_shannon = 0;
};

/// Compares the shares of categories, or of a number's bins.
/// Shape: each category once, in any order; none if either side has fewer than
///        `min_drift_sample` in all.
[[nodiscard]] std::optional<category_shift>
compare_categories(std::span<const category_counts> categories);

} // namespace ratchet::analysis
