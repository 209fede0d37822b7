#include "analysis/detail/portable_log.hpp"

#include <cmath>

namespace ratchet::analysis::detail {

double portable_log(double x) {
  constexpr double ln_2 = 0x1.62e42fefa39efp-1;
  constexpr double root_half = 0x1.6a09e667f3bcdp-1;
  int exponent = 0;
  auto mantissa = std::frexp(x, &exponent);
  if (mantissa < root_half) {
    mantissa *= 2;
    exponent -= 1;
  }
  // ln m = 2 atanh(s), |s| <= 0.172: the first term left out is below 2^-60 of
  // the sum.
  const auto s = (mantissa - 1) / (mantissa + 1);
  const auto z = s * s;
  double series = 1.0 / 23;
  for (int k = 21; k >= 3; k -= 2)
    series = series * z + 1.0 / k;
  return exponent * ln_2 + 2 * (s + s * (z * series));
}

} // namespace ratchet::analysis::detail
