#pragma once

#include <array>
#include <cstdint>

namespace ratchet::analysis {

/// A sum of real numbers that keeps no trace of their order.
///
/// Each number is rounded once, to a multiple of 2^-40 (9.1e-13), and what is
/// added up are integers of 128 bits. So parts merge into the sum of the whole,
/// what was added can be taken back, and a replay has the same bits whatever
/// order the numbers came in. A sum of doubles has none of this.
///
/// Plain data, to be stored as it is. 16 bytes, two's complement, lowest word
/// first.
struct fixed_sum {
  std::array<std::uint64_t, 2> words{};

  friend bool operator==(const fixed_sum&, const fixed_sum&) = default;
};

/// Adds `value` as often as `times` says; a negative number of times takes it
/// back.
/// Shape: `value` finite and inside +-2^22 (asserted: numbers from outside are
///        checked before); no overflow below 2^63 values in all.
void add(fixed_sum& sum, double value, std::int64_t times = 1);

/// Adds all that `other` holds.
void merge(fixed_sum& sum, const fixed_sum& other);

/// The double that is nearest to the sum.
[[nodiscard]] double value_of(const fixed_sum& sum);

} // namespace ratchet::analysis
