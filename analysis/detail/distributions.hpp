#pragma once

/// The distributions the tests and intervals need: Boost.Math behind these
/// functions, so that its headers are compiled once.

namespace ratchet::analysis::detail {

/// P(Z <= z) of the standard normal distribution.
[[nodiscard]] double normal_cdf(double z);

/// The z with `normal_cdf(z) == p`, p in (0, 1).
[[nodiscard]] double normal_quantile(double p);

/// P(T <= t) of Student's t with `df` degrees of freedom, df > 0.
[[nodiscard]] double student_cdf(double t, double df);

/// The t with `student_cdf(t, df) == p`, p in (0, 1).
[[nodiscard]] double student_quantile(double p, double df);

/// P(X > x) of chi-square with `df` degrees of freedom, x >= 0, df > 0.
[[nodiscard]] double chi_square_tail(double x, double df);

} // namespace ratchet::analysis::detail
