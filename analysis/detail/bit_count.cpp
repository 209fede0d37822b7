#include "analysis/detail/bit_count.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace ratchet::analysis::detail {

namespace {

/// Small enough to stay in the first-level cache between the passes.
constexpr std::size_t block_words = 256;

using function = bit_counts (*)(
  std::span<const std::uint64_t* const>, std::size_t, const std::uint64_t*,
  std::size_t);

[[gnu::always_inline]] inline bit_counts count(
  std::span<const std::uint64_t* const> sets, std::size_t words,
  const std::uint64_t* planes, std::size_t plane_count) {
  bit_counts counts;
  std::array<std::uint64_t, block_words> both;
  for (std::size_t start = 0; start < words; start += block_words) {
    const auto size = std::min(block_words, words - start);
    std::copy_n(sets[0] + start, size, both.data());
    for (std::size_t s = 1; s < sets.size(); ++s)
      for (std::size_t w = 0; w < size; ++w)
        both[w] &= sets[s][start + w];
    const auto* plane = planes + start * plane_count;
    for (std::size_t w = 0; w < size; ++w) {
      const auto word = both[w];
      counts.set += static_cast<std::uint64_t>(std::popcount(word));
      for (std::size_t p = 0; p < plane_count; ++p)
        counts.weighted +=
          static_cast<std::uint64_t>(std::popcount(word & *plane++)) << p;
    }
  }
  return counts;
}

#if defined(__x86_64__)
// The same code twice, because the oldest processors of the architecture do
// not count bits, and a build serves them all.
[[gnu::target("popcnt")]] bit_counts count_by_instruction(
  std::span<const std::uint64_t* const> sets, std::size_t words,
  const std::uint64_t* planes, std::size_t plane_count) {
  return count(sets, words, planes, plane_count);
}
#endif

bit_counts count_anywhere(
  std::span<const std::uint64_t* const> sets, std::size_t words,
  const std::uint64_t* planes, std::size_t plane_count) {
  return count(sets, words, planes, plane_count);
}

function choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt") != 0)
    return count_by_instruction;
#endif
  return count_anywhere;
}

} // namespace

bit_counts count_bits(
  std::span<const std::uint64_t* const> sets, std::size_t words,
  const std::uint64_t* planes, std::size_t plane_count) {
  static const auto chosen = choose();
  return chosen(sets, words, planes, plane_count);
}

} // namespace ratchet::analysis::detail
