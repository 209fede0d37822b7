#include "analysis/detail/bit_count.hpp"

#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace ratchet::analysis;
using namespace ratchet::analysis::detail;

namespace {

using blocks = std::vector<bit_block>;

blocks random_blocks(testing::random_values& random, std::size_t count) {
  blocks out(count);
  for (auto& block : out)
    for (auto& word : block.words)
      word = random.next() | random.next(); // Three of four are set.
  return out;
}

bool is_set(const blocks& bits, std::size_t row) {
  return (bits[row / 512].words[row % 512 / 64] >> (row % 64) & 1U) != 0;
}

/// Row by row. Plane p is block p * `plane_blocks` of `planes` and on.
bit_counts by_hand(
  const std::vector<blocks>& sets, const blocks& planes,
  std::size_t plane_blocks) {
  bit_counts counts;
  const auto plane_count = plane_blocks == 0 ? 0 : planes.size() / plane_blocks;
  for (std::size_t row = 0; row < sets[0].size() * bit_block::rows; ++row) {
    bool all = true;
    for (const auto& set : sets)
      all = all && is_set(set, row);
    counts.set += all ? 1U : 0U;
    if (!all || row >= plane_blocks * bit_block::rows)
      continue;
    for (std::size_t p = 0; p < plane_count; ++p)
      if (is_set(planes, p * plane_blocks * bit_block::rows + row))
        counts.weighted += std::uint64_t{1} << p;
  }
  return counts;
}

} // namespace

TEST_CASE("all ways to count bits count alike", "[slices]") {
  REQUIRE_FALSE(bit_counters().empty());
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    testing::random_values random{seed};
    const auto count = 1 + random.below(9);
    std::vector<blocks> sets;
    const auto set_count = 1 + random.below(4);
    for (std::uint64_t s = 0; s < set_count; ++s)
      sets.push_back(random_blocks(random, count));
    const auto plane_blocks = random.below(count + 1);
    const auto plane_count = random.below(17);
    const auto bits = random_blocks(random, plane_blocks * plane_count);
    const bit_planes planes{
      bits.data(), plane_blocks, plane_count, plane_blocks};
    std::vector<const bit_block*> from;
    for (const auto& set : sets)
      from.push_back(set.data());
    const auto expected = by_hand(sets, bits, plane_blocks);
    for (const auto counter : bit_counters()) {
      const auto c = counter(from, count, planes);
      CHECK(c.set == expected.set);
      CHECK(c.weighted == expected.weighted);
    }
  }
}
