#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "storage/detail/block_source.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::storage::detail {

/// What is at the end of a loop's blocks: the next block goes on from it.
struct block_end {
  sequence last;
  std::uint64_t bytes = 0; ///< All blocks ever written, together.
  time_point received;     ///< Of the last event; the next is not before.
  std::uint32_t crc = 0;   ///< Of the last block.
};

/// One loop's place in the history. Never moves and never goes.
struct loop_entry {
  explicit loop_entry(loop_id i) : id(std::move(i)) {}

  const loop_id id;
  /// What readers may see: the sequences in [first, end]. `first` rises before
  /// the blocks below it go, so that a reader who misses one can tell why.
  std::atomic<std::uint64_t> first = 1;
  std::atomic<std::uint64_t> end = 0;
  /// Between the writer, who drops, and those who must not be disturbed: how
  /// many there are, and what will be left once all that is staged is durable.
  std::mutex drop_mutex;
  std::size_t holds = 0;
  sequence keep_from{1};
  /// The writer's: what is durable, and what is laid out behind it.
  sequence committed_first{1};
  block_end committed;
  block_end sealed;
  sequence staged; ///< The last sequence given out.
};

/// The loops of a store, by name and by number.
///
/// Threads: any; entries are never removed.
class loop_table {
public:
  [[nodiscard]] loop_entry* find(std::string_view name) const;
  [[nodiscard]] loop_entry* find(loop_number number) const;
  loop_entry& add(loop_id id);
  [[nodiscard]] loop_number next_number() const;
  [[nodiscard]] std::vector<loop_entry*> all() const;

private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<loop_entry>, std::less<>> by_name_;
  std::map<loop_number, loop_entry*> by_number_;
};

} // namespace ratchet::storage::detail
