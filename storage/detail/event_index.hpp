#pragma once

#include "base/result.hpp"
#include "storage/detail/hash_filter.hpp"
#include "storage/detail/index_entry.hpp"
#include "storage/detail/index_manifest.hpp"
#include "storage/detail/index_tail.hpp"
#include "storage/detail/run_merge.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace ratchet::storage::detail {

struct index_options {
  std::filesystem::path directory;
  /// Entries that stay in memory until they are written out, twice (one tail
  /// fills while the other is written), and three times when the disk is slow.
  std::size_t tail_entries = std::size_t{1} << 19U;
  /// So many runs of one level become one of the next.
  std::size_t merge_width = 8;
};

struct index_stats {
  std::uint64_t runs = 0;
  std::uint64_t run_entries = 0;
  std::uint64_t tail_entries = 0;
  std::uint64_t filter_bytes = 0;
};

/// Where the events of a hash are: a log-structured merge tree of 16-byte
/// entries. It is derived from the history's blocks and never logged: what a
/// crash takes from it is read again from the blocks behind its cursors.
///
///   add -> tail (memory) -> run of level 0 -> ... -> run of level n (files)
///
/// It is not a column family because of cost: RocksDB takes some 300 ns per
/// such small pair and level, for two or three pairs per event; sorting and
/// merging them in bulk takes 30 (docs/decisions).
///
/// Most questions are about what is not there. One filter over all runs, in
/// memory, answers them with a cache miss; it is made from the runs when the
/// index is opened (until then, each run's own filter is asked), grows with
/// them, and is made anew when it is full.
///
/// An entry is a hint: hashes collide, so whoever asks compares the event.
///
/// Threads: one writer calls `add`, `find_ids`, `keep_from` and `flush`;
///   any thread the rest. A thread of its own writes and merges runs.
class event_index {
public:
  /// Errors: `corruption`, `io_error`. After `discard` it opens, empty.
  [[nodiscard]] static result<std::unique_ptr<event_index>>
  open(index_options options);
  [[nodiscard]] static result<void>
  discard(const std::filesystem::path& directory);
  /// Entries not yet in a run are dropped; call `flush` first to keep them.
  ~event_index();
  event_index(const event_index&) = delete;
  event_index& operator=(const event_index&) = delete;

  /// How far the runs reached when this was opened.
  [[nodiscard]] const std::vector<index_cursor>& recovered() const {
    return recovered_;
  }

  /// Takes in the entries of whole blocks; `cursors` says how far each loop
  /// of them is indexed now. May wait for the disk when far ahead of it.
  void add(
    std::span<const index_entry> entries,
    std::span<const index_cursor> cursors);

  struct hit {
    std::size_t which; ///< Position in the question.
    std::uint64_t place;
  };
  /// Looks up ids, many at once: most are new, and that is cheap to see.
  [[nodiscard]] result<void>
  find_ids(std::span<const std::uint64_t> hashes, std::vector<hit>& out) const;

  /// Calls `visit` for the places of `hash` above `after`, ascending within a
  /// loop, until it returns false.
  [[nodiscard]] result<void> visit(
    std::uint64_t hash, std::uint64_t after,
    const std::function<bool(std::uint64_t place)>& visit) const;

  /// The places of many hashes, each at or below `up_to`, in no order.
  /// `hashes` ascend: what lies together on disk is then read once.
  [[nodiscard]] result<void> find_all(
    std::span<const std::uint64_t> hashes, std::uint64_t up_to,
    std::vector<hit>& out) const;

  /// Entries of `loop` below `first` may be forgotten at the next merge.
  void keep_from(loop_number loop, sequence first);

  /// Returns when all that was added is in runs on disk.
  [[nodiscard]] result<void> flush();

  /// Success, or the error that ended the background work.
  [[nodiscard]] result<void> health() const;
  [[nodiscard]] index_stats stats() const;

private:
  struct tail {
    explicit tail(std::size_t expected) : entries(expected) {}
    index_tail entries;
    std::map<loop_number, index_cursor> cursors; ///< Of all loops ever added.
  };
  /// Tails come and go with every few hundred thousand entries; theirs are
  /// megabytes that the kernel would have to clear each time. They come back
  /// here from whoever was the last to look at one.
  class tail_pool {
  public:
    [[nodiscard]] static std::shared_ptr<tail>
    take(const std::shared_ptr<tail_pool>& from, std::size_t expected);

  private:
    std::mutex mutex_;
    std::unique_ptr<tail> spare_;
  };
  /// A filter over everything in the runs.
  struct cover {
    explicit cover(std::uint64_t room) : filter(room, 10), capacity(room) {}
    void add(std::span<const index_entry> entries);

    hash_filter filter;
    std::uint64_t capacity;
    std::uint64_t count = 0; ///< The background thread's.
  };
  /// What a lookup reads: stays valid and unchanged (but for the active tail)
  /// while the background thread goes on.
  struct view {
    std::shared_ptr<const tail> active;
    std::shared_ptr<const tail> frozen; ///< May be null.
    std::shared_ptr<const run_list> runs;
    std::shared_ptr<const cover> covered; ///< May be null.

    /// False if no run has an entry of `hash`.
    [[nodiscard]] bool in_runs(std::uint64_t hash) const {
      return !is_filtered(hash) || covered == nullptr ||
        covered->filter.may_hold(hash);
    }
  };

  explicit event_index(index_options options) : options_(std::move(options)) {}
  [[nodiscard]] result<void> load();
  [[nodiscard]] view current() const;
  [[nodiscard]] std::filesystem::path run_path(std::uint64_t number) const;
  void freeze(std::unique_lock<std::mutex>& lock);

  // On the background thread.
  void work();
  [[nodiscard]] result<void> write_frozen();
  [[nodiscard]] bool needs_cover() const;
  [[nodiscard]] result<void> make_cover();
  /// Sees to a tail that waits; false once the index is being closed.
  [[nodiscard]] result<bool> between_steps();
  [[nodiscard]] std::optional<std::size_t> level_to_merge() const;
  [[nodiscard]] result<void> merge_level(std::size_t first);
  [[nodiscard]] result<void> save();

  const index_options options_;
  std::vector<index_cursor> recovered_;

  std::shared_ptr<tail_pool> pool_ = std::make_shared<tail_pool>();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<tail> active_;
  std::shared_ptr<const tail> frozen_;
  std::shared_ptr<const run_list> runs_ = std::make_shared<run_list>();
  std::shared_ptr<cover> cover_; ///< Null until it is made.
  std::map<loop_number, sequence> first_kept_;
  result<void> health_;
  bool stopping_ = false;

  // The background thread's.
  index_manifest manifest_;
  index_tail::table<index_entry> sorted_; ///< Reused.
  std::shared_ptr<cover> next_cover_;     ///< While it is being made.
  std::thread worker_;
};

} // namespace ratchet::storage::detail
