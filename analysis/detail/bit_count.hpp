#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ratchet::analysis::detail {

/// 512 rows, one bit each: what the widest processors take at once.
struct alignas(64) bit_block {
  static constexpr std::size_t rows = 512;
  std::array<std::uint64_t, rows / 64> words{};
};

/// How many bits are set in all of `sets` at once, and, weighted by 2^p, how
/// many of those in plane p too: rows of a slice and the sum of their errors.
struct bit_counts {
  std::uint64_t set = 0;
  std::uint64_t weighted = 0;
};

/// Numbers whose bit p is in plane p: block b of it is at `plane(p)[b]`. They
/// are 0 behind the first `blocks` blocks.
struct bit_planes {
  const bit_block* first = nullptr;
  std::size_t stride = 0; ///< From a block of one plane to that of the next.
  std::size_t count = 0;
  std::size_t blocks = 0;
};

/// Shape: 1 to 4 sets of `blocks` blocks each; planes of no more.
/// Cost:  (1 + planes) / 2 ns for 64 rows where the processor counts bits, a
///        quarter of that where it counts them in vectors, which is found out
///        at run time; the time to read them from memory if it is longer.
using bit_counter = bit_counts (*)(
  std::span<const bit_block* const> sets, std::size_t blocks,
  const bit_planes& planes);

/// Those that this processor can run, the fastest first.
[[nodiscard]] std::span<const bit_counter> bit_counters();

} // namespace ratchet::analysis::detail
