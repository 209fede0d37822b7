#include "analysis/distinct.hpp"

#include "analysis/hash.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace ratchet::analysis {

namespace {

/// The bits of a hash that are left after the register's index.
constexpr unsigned rank_bits = 64 - distinct_count::index_bits;

/// x + sum over k >= 1 of x^(2^k) 2^(k-1); infinite at 1.
double sigma(double x) {
  if (x == 1)
    return std::numeric_limits<double>::infinity();
  double sum = x;
  double factor = 1;
  for (double before = -1; sum != before; factor *= 2) {
    before = sum;
    x *= x;
    sum += x * factor;
  }
  return sum;
}

/// (1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 2^-k) / 3.
double tau(double x) {
  if (x == 0 || x == 1)
    return 0;
  double sum = 1 - x;
  double factor = 1;
  for (double before = -1; sum != before;) {
    before = sum;
    x = std::sqrt(x);
    factor /= 2;
    sum -= (1 - x) * (1 - x) * factor;
  }
  return sum / 3;
}

} // namespace

unsigned distinct_count::get(std::size_t index) const {
  const auto bit = index * 6;
  unsigned pair = packed_[bit / 8];
  // A register that ends with its byte is followed by no other at the end.
  if (bit % 8 > 2)
    pair |= static_cast<unsigned>(packed_[bit / 8 + 1]) << 8;
  return (pair >> (bit % 8)) & 63U;
}

void distinct_count::raise(std::size_t index, unsigned value) {
  if (get(index) >= value)
    return;
  const auto bit = index * 6;
  const auto mask = 63U << (bit % 8);
  const auto moved = value << (bit % 8);
  auto& low = packed_[bit / 8];
  low = static_cast<std::uint8_t>((low & ~mask) | (moved & 0xff));
  if (bit % 8 > 2) {
    auto& high = packed_[bit / 8 + 1];
    high = static_cast<std::uint8_t>((high & ~(mask >> 8)) | (moved >> 8));
  }
}

void distinct_count::add_hash(std::uint64_t hash) {
  // The bit set behind the last bounds the rank at rank_bits + 1.
  const auto rest =
    (hash << index_bits) | (std::uint64_t{1} << (index_bits - 1));
  raise(hash >> rank_bits, static_cast<unsigned>(std::countl_zero(rest)) + 1);
}

void distinct_count::add(std::string_view value) {
  add_hash(salted_hash("distinct", value));
}

void distinct_count::merge(const distinct_count& other) {
  for (std::size_t i = 0; i < registers; ++i)
    raise(i, other.get(i));
}

double distinct_count::estimate() const {
  std::array<std::uint32_t, rank_bits + 2> having{};
  for (std::size_t i = 0; i < registers; ++i)
    ++having[get(i)];
  constexpr auto m = static_cast<double>(registers);
  auto z = m * tau(1 - having[rank_bits + 1] / m);
  for (std::size_t k = rank_bits; k >= 1; --k)
    z = (z + having[k]) / 2;
  z += m * sigma(having[0] / m);
  return m * m / (2 * std::log(2.0) * z);
}

} // namespace ratchet::analysis
