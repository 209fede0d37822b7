#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ratchet::analysis {

/// How many different values came (users, prompts), to 0.81 % (one standard
/// error) in 12 KiB, however many: HyperLogLog with 2^14 registers and Ertl's
/// estimator, which needs no table of corrections and no change of method
/// between few and many.
///
/// The state depends only on which values came: not on their order, nor on how
/// often. Parts merge into the whole. Values cannot be taken back.
///
/// Cost:   `add` a few ns; `estimate` 16,384 steps.
/// Source: Flajolet et al. (2007); Ertl (2017), New cardinality estimation
///         algorithms for HyperLogLog sketches, arXiv 1702.01284.
class distinct_count {
public:
  static constexpr unsigned index_bits = 14;
  static constexpr std::size_t registers = std::size_t{1} << index_bits;
  static constexpr std::size_t bytes = registers * 6 / 8;

  /// Counts a value by its 64-bit hash, all bits of which must be good.
  void add_hash(std::uint64_t hash);
  /// Counts a value by `salted_hash`.
  void add(std::string_view value);

  void merge(const distinct_count& other);

  /// 0 if nothing was counted.
  [[nodiscard]] double estimate() const;

  /// Registers of 6 bits, lowest bits first: what is stored.
  [[nodiscard]] const std::array<std::uint8_t, bytes>& packed() const {
    return packed_;
  }
  void restore(const std::array<std::uint8_t, bytes>& packed) {
    packed_ = packed;
  }

  friend bool
  operator==(const distinct_count&, const distinct_count&) = default;

private:
  [[nodiscard]] unsigned get(std::size_t index) const;
  void raise(std::size_t index, unsigned value);

  std::array<std::uint8_t, bytes> packed_{};
};

} // namespace ratchet::analysis
