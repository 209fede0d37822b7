#pragma once

#include <cstdint>
#include <span>

namespace ratchet::analysis::detail {

/// How many bits are set in all of `sets` at once, and, weighted by 2^p, how
/// many of those in plane p too: rows of a slice and the sum of their errors.
struct bit_counts {
  std::uint64_t set = 0;
  std::uint64_t weighted = 0;
};

/// Shape: one set at least, `words` words each; `planes` holds word w of plane
///        p at w * plane_count + p.
/// Cost:  about (1 + plane_count) / 2 ns a word where the processor counts
///        bits, which is found out at run time.
[[nodiscard]] bit_counts count_bits(
  std::span<const std::uint64_t* const> sets, std::size_t words,
  const std::uint64_t* planes, std::size_t plane_count);

} // namespace ratchet::analysis::detail
