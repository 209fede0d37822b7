#pragma once

#include "storage/detail/huge_allocator.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ratchet::storage::detail {

/// A Bloom filter over hashes that costs one cache line per question: "surely
/// not there" or "perhaps". With 12 bits per hash fewer than one in 100 that
/// are not there get a "perhaps", with 8 bits one in 30 (event_index_test.cpp).
/// Source: Putze, Sanders, Singler (2007), Cache-, Hash- and Space-Efficient
///   Bloom Filters, section 3 (blocked filters), with a word per bit.
///
/// Threads: one adds, any number ask meanwhile.
class hash_filter {
public:
  struct alignas(64) line {
    std::array<std::uint64_t, 8> words{};
  };

  hash_filter() = default;
  /// Sized for `hashes`; with 0 it answers "surely not".
  hash_filter(std::uint64_t hashes, unsigned bits_per_hash)
      : lines_((hashes * bits_per_hash + 511) / 512) {}

  void add(std::uint64_t hash);
  [[nodiscard]] bool may_hold(std::uint64_t hash) const;
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    if (!lines_.empty())
      prefetch_line(&lines_[line_of(hash)]);
  }

  /// The lines as they are on disk: little-endian words.
  [[nodiscard]] std::string_view bytes() const;
  /// Room for `count` lines, to be filled from disk.
  [[nodiscard]] static hash_filter with_lines(std::uint64_t count);
  [[nodiscard]] char* raw() { return reinterpret_cast<char*>(lines_.data()); }
  [[nodiscard]] std::uint64_t line_count() const { return lines_.size(); }

private:
  /// By the bits below an entry's use, in order: sorted entries are added to
  /// neighboring lines. Hashes are mixed well enough (index_entry.hpp).
  [[nodiscard]] std::size_t line_of(std::uint64_t hash) const {
    return (hash << 2U >> 32U) * lines_.size() >> 32U;
  }

  std::vector<line, huge_allocator<line>> lines_;
};

} // namespace ratchet::storage::detail
