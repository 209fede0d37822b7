#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace ratchet::analysis::detail {

/// ln of the mean of e^x, without overflow: what evenly mixed e-values come to.
/// Shape: one value at least, none of them infinite.
[[nodiscard]] inline double log_mean_exp(std::span<const double> x) {
  const auto most = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const auto value : x)
    sum += std::exp(value - most);
  return most + std::log(sum / static_cast<double>(x.size()));
}

} // namespace ratchet::analysis::detail
