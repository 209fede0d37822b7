#include "analysis/detail/bit_count.hpp"

#include <bit>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ratchet::analysis::detail {

namespace {

[[gnu::always_inline]] inline bit_block
all_of(std::span<const bit_block* const> sets, std::size_t at) {
  auto all = sets[0][at];
  for (std::size_t s = 1; s < sets.size(); ++s)
    for (std::size_t w = 0; w < all.words.size(); ++w)
      all.words[w] &= sets[s][at].words[w];
  return all;
}

[[gnu::always_inline]] inline bit_counts count(
  std::span<const bit_block* const> sets, std::size_t blocks,
  const bit_planes& planes) {
  bit_counts counts;
  for (std::size_t at = 0; at < blocks; ++at) {
    const auto all = all_of(sets, at);
    for (const auto word : all.words)
      counts.set += static_cast<std::uint64_t>(std::popcount(word));
    if (at >= planes.blocks)
      continue;
    for (std::size_t p = 0; p < planes.count; ++p) {
      const auto& plane = planes.first[p * planes.stride + at];
      std::uint64_t here = 0;
      for (std::size_t w = 0; w < all.words.size(); ++w)
        here += static_cast<std::uint64_t>(
          std::popcount(all.words[w] & plane.words[w]));
      counts.weighted += here << p;
    }
  }
  return counts;
}

bit_counts count_anywhere(
  std::span<const bit_block* const> sets, std::size_t blocks,
  const bit_planes& planes) {
  return count(sets, blocks, planes);
}

// The same again for processors that count bits, and for those that do so in
// vectors, because a build serves them all.
#if defined(__x86_64__)

[[gnu::target("popcnt")]] bit_counts count_by_instruction(
  std::span<const bit_block* const> sets, std::size_t blocks,
  const bit_planes& planes) {
  return count(sets, blocks, planes);
}

#define RATCHET_VECTORS gnu::target("avx512f,avx512vpopcntdq")

/// Eight words. The operators are the compiler's own; some of the intrinsics
/// for them are taken for uses of what was never set.
using words = std::uint64_t __attribute__((vector_size(64), may_alias));

template <std::size_t Sets>
[[RATCHET_VECTORS]] inline words
load_all(const std::array<const bit_block*, Sets>& from, std::size_t at) {
  auto all = reinterpret_cast<const words&>(from[0][at]);
  for (std::size_t s = 1; s < Sets; ++s)
    all &= reinterpret_cast<const words&>(from[s][at]);
  return all;
}

[[RATCHET_VECTORS]] inline words ones(words of) {
  return reinterpret_cast<words>(
    _mm512_popcnt_epi64(reinterpret_cast<__m512i>(of)));
}

[[RATCHET_VECTORS]] inline std::uint64_t total(words of) {
  std::uint64_t sum = 0;
  for (std::size_t w = 0; w < 8; ++w)
    sum += of[w];
  return sum;
}

template <std::size_t Sets>
[[RATCHET_VECTORS]] bit_counts count_sets(
  std::span<const bit_block* const> sets, std::size_t blocks,
  const bit_planes& planes) {
  std::array<const bit_block*, Sets> from{};
  for (std::size_t s = 0; s < Sets; ++s)
    from[s] = sets[s];
  words set{};
  words weighted{};
  std::size_t at = 0;
  for (; at < planes.blocks; ++at) {
    const auto all = load_all(from, at);
    set += ones(all);
    const auto* plane = planes.first + at;
    for (std::size_t p = 0; p < planes.count; ++p, plane += planes.stride)
      weighted += ones(all & reinterpret_cast<const words&>(*plane)) << p;
  }
  for (; at < blocks; ++at)
    set += ones(load_all(from, at));
  return {total(set), total(weighted)};
}

[[RATCHET_VECTORS]] bit_counts count_by_vectors(
  std::span<const bit_block* const> sets, std::size_t blocks,
  const bit_planes& planes) {
  switch (sets.size()) {
  case 1:
    return count_sets<1>(sets, blocks, planes);
  case 2:
    return count_sets<2>(sets, blocks, planes);
  case 3:
    return count_sets<3>(sets, blocks, planes);
  default:
    return count_sets<4>(sets, blocks, planes);
  }
}

#endif

std::vector<bit_counter> runnable() {
  std::vector<bit_counter> list;
#if defined(__x86_64__)
  if (
    __builtin_cpu_supports("avx512f") != 0 &&
    __builtin_cpu_supports("avx512vpopcntdq") != 0)
    list.push_back(count_by_vectors);
  if (__builtin_cpu_supports("popcnt") != 0)
    list.push_back(count_by_instruction);
#endif
  list.push_back(count_anywhere);
  return list;
}

} // namespace

std::span<const bit_counter> bit_counters() {
  static const auto list = runnable();
  return list;
}

} // namespace ratchet::analysis::detail
