#pragma once

#include "storage/detail/huge_allocator.hpp"
#include "storage/detail/index_entry.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ratchet::storage::detail {

/// The newest entries of the index, in memory: a hash table that is filled,
/// sorted out to a run, and dropped.
///
/// Threads: none of its own; several may read while none inserts.
/// Cost:    26 bytes per entry at the expected count; an insert or a lookup is
///   two cache misses, hidden where `prefetch` was called a few steps before.
class index_tail {
public:
  template <class T>
  using table = std::vector<T, huge_allocator<T>>;

  explicit index_tail(std::size_t expected_entries);

  /// Empties it, and keeps the memory.
  void clear();

  void insert(index_entry entry);
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    prefetch_line(&table_[hash & mask_]);
  }

  /// Calls `visit(place)` for each entry of `hash`, the newest first, until it
  /// returns false. Places of one hash and loop come in descending order.
  template <class Visit>
  void visit_newest_first(std::uint64_t hash, Visit&& visit) const {
    for (auto at = newest(hash); at != 0; at = older_[at - 1])
      if (entries_[at - 1].hash == hash && !visit(entries_[at - 1].place))
        return;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// All entries, by hash and then by place, in place of what `out` has.
  void sort_into(table<index_entry>& out) const;

private:
  /// Entries whose hashes agree in 32 bits and in where they fell: nearly
  /// always those of one hash. To compare all of it would cost a cache miss
  /// on each insert, so that is left to whoever visits.
  struct bucket {
    std::uint32_t tag = 0;
    std::uint32_t newest = 0; ///< From 1; 0: empty.
  };

  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U);
  }
  [[nodiscard]] std::uint32_t newest(std::uint64_t hash) const;
  void grow();

  table<bucket> table_; ///< Open addressing, linear probing.
  std::uint64_t mask_;
  std::size_t used_buckets_ = 0;
  table<index_entry> entries_;
  table<std::uint32_t> older_; ///< Per entry the one before, from 1.
};

} // namespace ratchet::storage::detail
