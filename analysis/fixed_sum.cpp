#include "analysis/fixed_sum.hpp"

#include "base/assert.hpp"

#include <cmath>

namespace ratchet::analysis {

namespace {

__extension__ using wide = __int128;
__extension__ using unsigned_wide = unsigned __int128;

constexpr double scale = 0x1p40;
constexpr double limit = 0x1p22;

unsigned_wide bits_of(const fixed_sum& sum) {
  return (unsigned_wide{sum.words[1]} << 64) | sum.words[0];
}

fixed_sum from_bits(unsigned_wide bits) {
  return {
    {static_cast<std::uint64_t>(bits), static_cast<std::uint64_t>(bits >> 64)}};
}

} // namespace

void add(fixed_sum& sum, double value, std::int64_t times) {
  // Written so that NaN, which compares false, is caught too.
  RATCHET_ASSERT(std::abs(value) < limit);
  const auto part = wide{std::llround(value * scale)} * times;
  sum = from_bits(bits_of(sum) + static_cast<unsigned_wide>(part));
}

void merge(fixed_sum& sum, const fixed_sum& other) {
  sum = from_bits(bits_of(sum) + bits_of(other));
}

double value_of(const fixed_sum& sum) {
  return static_cast<double>(static_cast<wide>(bits_of(sum))) / scale;
}

} // namespace ratchet::analysis
