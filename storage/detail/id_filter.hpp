#pragma once

#include "storage/detail/huge_allocator.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ratchet::storage::detail {

/// A Bloom filter over hashes that costs one cache line per question: "surely
/// not in this run" or "perhaps". Twelve bits per id; about one in 200 that
/// is not there gets a "perhaps".
/// Source: Putze, Sanders, Singler (2007), Cache-, Hash- and Space-Efficient
///   Bloom Filters, section 3 (blocked filters).
class id_filter {
public:
  struct alignas(64) line {
    std::array<std::uint64_t, 8> words{};
  };

  id_filter() = default;
  /// For `ids` hashes; none makes a filter that answers "surely not".
  explicit id_filter(std::uint64_t ids) : lines_((ids * 12 + 511) / 512) {}

  void add(std::uint64_t hash);
  [[nodiscard]] bool may_hold(std::uint64_t hash) const;
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    if (!lines_.empty())
      prefetch_line(&lines_[line_of(mix(hash))]);
  }

  /// The lines as they are on disk: little-endian words.
  [[nodiscard]] std::string_view bytes() const;
  /// Room for `count` lines, to be filled from disk.
  [[nodiscard]] static id_filter with_lines(std::uint64_t count);
  [[nodiscard]] char* raw() { return reinterpret_cast<char*>(lines_.data()); }
  [[nodiscard]] std::uint64_t line_count() const { return lines_.size(); }

private:
  [[nodiscard]] static std::uint64_t mix(std::uint64_t hash) {
    return hash * 0xD6E8FEB86659FD93ULL;
  }
  [[nodiscard]] std::size_t line_of(std::uint64_t mixed) const {
    return (mixed >> 32U) * lines_.size() >> 32U;
  }

  std::vector<line, huge_allocator<line>> lines_;
};

} // namespace ratchet::storage::detail
