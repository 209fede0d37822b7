#pragma once

#include "analysis/hash.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

/// Random inputs that are the same in every build: a seed names a stream.

namespace ratchet::analysis::testing {

class random_values {
public:
  explicit random_values(std::uint64_t seed) : key_(mix64(seed)) {}

  /// In [0, 1).
  double unit() { return to_unit(next()); }
  bool chance(double p) { return unit() < p; }
  /// In [0, n).
  std::uint64_t below(std::uint64_t n) { return to_index(next(), n); }
  std::uint64_t next() { return draw(key_, counter_++); }
  double normal() {
    const auto radius = std::sqrt(-2 * std::log(1 - unit()));
    return radius * std::cos(2 * std::numbers::pi * unit());
  }

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[below(i)]);
  }

private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

} // namespace ratchet::analysis::testing
