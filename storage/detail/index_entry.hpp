#pragma once

#include "base/assert.hpp"
#include "base/ids.hpp"

#include <compare>
#include <cstdint>

/// One entry of the history's index: a hash of what is looked up, and where
/// an event that may answer is. Sixteen bytes, in memory and on disk, so that
/// entries are sorted and merged in bulk for a few nanoseconds each.

namespace ratchet::storage::detail {

/// What a lookup asks, in the top two bits of an entry's hash.
enum class index_use : std::uint8_t {
  interaction_id = 0,
  feedback_id = 1,
  about_interaction = 2, ///< The feedback that speaks of an interaction.
  of_subject = 3,
};

struct index_entry {
  std::uint64_t hash = 0;
  std::uint64_t place = 0; ///< Loop and sequence: `make_place`.

  friend auto operator<=>(const index_entry&, const index_entry&) = default;
};
static_assert(sizeof(index_entry) == 16);

constexpr unsigned sequence_bits = 44; ///< A year at 500,000 events/s.
constexpr unsigned loop_bits = 64 - sequence_bits;
constexpr std::uint32_t max_loops = std::uint32_t{1} << loop_bits;

[[nodiscard]] inline std::uint64_t make_place(loop_number loop, sequence seq) {
  RATCHET_ASSERT(loop.value < max_loops);
  RATCHET_ASSERT(seq.value >> sequence_bits == 0);
  return std::uint64_t{loop.value} << sequence_bits | seq.value;
}
[[nodiscard]] inline loop_number loop_of(std::uint64_t place) {
  return {static_cast<std::uint32_t>(place >> sequence_bits)};
}
[[nodiscard]] inline sequence sequence_of(std::uint64_t place) {
  return {place & ((std::uint64_t{1} << sequence_bits) - 1)};
}

/// The hash of an entry: equal texts in two loops are different things.
[[nodiscard]] constexpr std::uint64_t
index_hash(index_use use, loop_number loop, std::uint64_t text_hash) {
  // The multiplication carries low bits upwards, the shift brings them back.
  auto mixed = (text_hash ^ loop.value) * 0x9E3779B97F4A7C15ULL;
  mixed ^= mixed >> 32U;
  return std::uint64_t{static_cast<std::uint8_t>(use)} << 62U | mixed >> 2U;
}
/// An id, of which there is one event at most.
[[nodiscard]] constexpr bool is_id(std::uint64_t hash) {
  return hash >> 63U == 0;
}
/// Filters are built over these: mostly asked for in vain, when an event is
/// taken in (is its id new?) and when it is joined (was there feedback yet?).
/// They sort before the others.
[[nodiscard]] constexpr bool is_filtered(std::uint64_t hash) {
  return hash >> 62U != static_cast<std::uint8_t>(index_use::of_subject);
}

} // namespace ratchet::storage::detail
