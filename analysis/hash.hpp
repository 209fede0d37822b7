#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <string_view>

/// Randomness that replays: numbers that depend on names and counters only, so
/// that they are the same on every machine, in every build, for ever. What is
/// decided by them (splits, assignments, bootstrap draws) is stored by nobody
/// and recomputed by all: never change these functions.

namespace ratchet::analysis {

/// The finalizer of splitmix64: every input bit moves every output bit.
/// Source: Steele, Lea, Flood (2014), Fast splittable pseudorandom number
/// generators, with Stafford's constants, variant 13.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// A hash of `name` that differs from one salt to the next. The salt ends with
/// a zero byte, so that ("ab", "c") and ("a", "bc") differ.
[[nodiscard]] constexpr std::uint64_t
salted_hash(std::string_view salt, std::string_view name) {
  constexpr std::string_view end{"\0", 1};
  return mix64(fnv1a64(name, fnv1a64(end, fnv1a64(salt))));
}

/// The top 53 bits as a number in [0, 1).
[[nodiscard]] constexpr double to_unit(std::uint64_t hash) {
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

/// The `counter`th number of splitmix64's stream from `key`: no state, so any
/// draw can be had alone.
[[nodiscard]] constexpr std::uint64_t
draw(std::uint64_t key, std::uint64_t counter) {
  return mix64(key + (counter + 1) * 0x9e3779b97f4a7c15ULL);
}

/// Maps a draw to [0, n), n < 2^32, by multiply and shift of its top half; the
/// bias is below n / 2^32.
[[nodiscard]] constexpr std::uint64_t
to_index(std::uint64_t bits, std::uint64_t n) {
  return ((bits >> 32) * n) >> 32;
}

} // namespace ratchet::analysis
