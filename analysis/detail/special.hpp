#pragma once

#include <functional>

/// The special functions of the evidence, and root finding: Boost.Math behind
/// a few functions that never throw.

namespace ratchet::analysis::detail {

/// ln |Gamma(x)|, x > 0.
[[nodiscard]] double log_gamma(double x);

/// ln B(a, b), a and b > 0.
[[nodiscard]] double log_beta(double a, double b);

/// ln of the regularized lower incomplete gamma function P(a, x), a > 0,
/// x >= 0; minus infinity where P is below 1e-300.
[[nodiscard]] double log_gamma_p(double a, double x);

/// The regularized incomplete beta function I_x(a, b), a and b > 0, x in
/// [0, 1]: the distribution function of the beta distribution.
[[nodiscard]] double incomplete_beta(double a, double b, double x);

/// The x with I_x(a, b) == p.
[[nodiscard]] double incomplete_beta_inverse(double a, double b, double p);

/// A root of the monotone `f` in [low, high], whose ends have opposite signs or
/// are themselves roots, to the last bits of a double.
/// Source: Alefeld, Potra, Shi (1995), algorithm 748.
[[nodiscard]] double
find_root(const std::function<double(double)>& f, double low, double high);

} // namespace ratchet::analysis::detail
