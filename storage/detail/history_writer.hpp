#pragma once

#include "storage/detail/block_source.hpp"
#include "storage/detail/event_index.hpp"
#include "storage/detail/index_tail.hpp"
#include "storage/detail/loop_table.hpp"
#include "storage/event_batch.hpp"
#include "storage/write_batch.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace ratchet::storage::detail {

/// How text hashes become index hashes.
struct index_hasher {
  std::uint64_t mask; ///< All ones but in tests, which want collisions.

  [[nodiscard]] std::uint64_t
  operator()(index_use use, loop_number loop, std::uint64_t text_hash) const {
    return index_hash(use, loop, text_hash & mask);
  }
};

/// The index entries of an encoded event's three hashes.
struct event_hashes {
  event_kind kind;
  std::uint64_t id;
  std::uint64_t interaction; ///< 0: none
  std::uint64_t subject;     ///< 0: none
};
void append_entries(
  const event_hashes& hashes, loop_number loop, sequence seq,
  const index_hasher& hash, std::vector<index_entry>& out);

/// The half of the history that belongs to the journal's thread: what is
/// staged, group by group, between a request and its commit.
///
///   stage* -> seal -> committed    the group's events are published
///                 \-> abandoned    nothing of any group happened
///
/// A second group may be staged while the first, sealed, is being committed.
class history_writer {
public:
  struct parts {
    loop_table& loops;
    block_source& blocks;
    event_index& index;
    index_hasher hash;
    std::size_t block_bytes;
  };
  explicit history_writer(parts p) : in_(p) {}

  [[nodiscard]] result<append_outcome> stage(event_batch&& batch);
  [[nodiscard]] result<void>
  retain(loop_entry& loop, sequence keep_from, write_batch& out);
  void seal(write_batch& out);
  void committed();
  void abandoned();

private:
  /// An event by where its batch is in the group.
  struct event_ref {
    std::uint32_t batch;
    std::uint32_t slot;
  };
  struct loop_group {
    loop_entry* loop;
    sequence first;
    std::vector<event_ref> events; ///< Accepted, in order of sequence.
    std::optional<sequence> keep_from;
    block_end end; ///< Set by `seal`.
  };
  struct group {
    group() : ids(1024) {}

    std::vector<event_batch> batches;
    std::vector<loop_group> loops;
    index_tail ids; ///< Place: batch << 32 | slot.
    bool sealed = false;
  };
  enum class verdict : std::uint8_t { fresh, duplicate, conflict };

  [[nodiscard]] group& open_group();
  [[nodiscard]] loop_group& group_of(group& g, loop_entry& loop);
  [[nodiscard]] result<void> judge_by_history(
    const loop_entry& loop, const event_batch& batch,
    std::vector<verdict>& out);
  [[nodiscard]] verdict judge_by_groups(
    const event_batch& batch, const event_batch::slot& slot,
    std::uint64_t hash) const;

  parts in_;
  std::deque<group> groups_; ///< In order of commit; only the last is open.
  std::vector<std::uint64_t> hashes_; ///< Of the batch at hand.
  std::vector<event_index::hit> hits_;
  std::vector<verdict> verdicts_;
  std::vector<index_entry> entries_;
  std::vector<index_cursor> cursors_;
};

} // namespace ratchet::storage::detail
