#pragma once

#include "base/result.hpp"
#include "storage/keys.hpp"
#include "storage/write_batch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ratchet::storage {

/// The format this build writes. A store of a newer one is refused.
constexpr std::uint32_t store_format = 1;

struct store_options {
  /// The shard's directory; made if it is not there.
  std::filesystem::path directory;
  /// Upper bound for write buffers and the block cache together.
  std::size_t memory_budget_bytes = std::size_t{112} << 20U;
  /// Reads without changing a byte, and takes no lock: for a copy, or while no
  /// engine runs on the directory.
  bool read_only = false;
  /// For tests: called with every batch before it is written; an error counts
  /// as a failed write.
  std::function<result<void>(const write_batch&)> before_write;
};

/// Counts of durations in powers of two: `counts[i]` took less than
/// 2^i microseconds and not less than 2^(i-1); the last takes all above.
struct latency_histogram {
  std::array<std::uint64_t, 32> counts{};
  std::uint64_t total_us = 0;

  void add(std::uint64_t us);
};

struct store_stats {
  std::uint64_t commits = 0;
  std::uint64_t committed_bytes = 0; ///< Keys and values, as handed over.
  std::uint64_t live_bytes = 0;      ///< Files of the database on disk.
  std::uint64_t history_bytes = 0;   ///< Of these, of the history.
  latency_histogram commit_us;       ///< All of `commit`.
  latency_histogram fsync_us;        ///< The log's fsync within it.
};

/// Which files of the history give their space back.
enum class reclaim_depth : std::uint8_t {
  /// Those that hold nothing else: writes some bytes per block that is kept.
  whole_files,
  /// Also those shared with blocks that are kept: writes all of these anew,
  /// and needs room for both.
  mixed_files,
};

/// One RocksDB database per shard directory: what makes commits durable on a
/// single node, and where everything is read back.
///
/// Threads: `commit` by one caller at a time; everything else by any thread
///   at any time. All of it blocks on the disk.
/// Durability: see commit_log. Opening recovers all acknowledged commits; a
///   torn tail (a commit that was being written when the machine stopped, and
///   so was never acknowledged) is dropped, any other damage is reported.
class store final : public commit_log {
public:
  /// Errors: `unavailable` if another process has the directory;
  ///   `failed_condition` if it was written by a newer format, naming both;
  ///   `corruption` if a log or table is damaged; `io_error`.
  [[nodiscard]] static result<std::unique_ptr<store>>
  open(store_options options);
  ~store() override;
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  [[nodiscard]] result<void> commit(const write_batch& batch) override;

  /// Errors: `corruption`, `io_error`. A missing key is no error.
  [[nodiscard]] result<std::optional<std::string>>
  get(column where, std::string_view key) const;

  /// Called with views that live until it returns; false ends the scan.
  using visitor =
    std::function<bool(std::string_view key, std::string_view value)>;
  /// Ascending over the range, on the state at the time of the call.
  [[nodiscard]] result<void>
  scan(column where, const key_range& range, const visitor& visit) const;
  /// Descending: the last key of the range first.
  [[nodiscard]] result<void> scan_reverse(
    column where, const key_range& range, const visitor& visit) const;

  /// A consistent copy that can be opened on its own; files are hard-linked
  /// where the file system allows. `path` must not exist yet.
  [[nodiscard]] result<void>
  checkpoint(const std::filesystem::path& path) const;

  /// Gives the space of erased history blocks back to the file system. Changes
  /// nothing that can be read.
  /// Cost:   see reclaim_depth. A disk that fills up on the way stops the
  ///   store, as with any write.
  /// Errors: `canceled` after `cancel_reclaim`; `io_error`.
  [[nodiscard]] result<void>
  reclaim_history(reclaim_depth depth = reclaim_depth::mixed_files) const;
  /// Ends a reclaim that runs, soon, and refuses later ones: before closing.
  void cancel_reclaim();

  /// Success while commits are taken; otherwise what stopped them.
  [[nodiscard]] result<void> health() const;
  [[nodiscard]] store_stats stats() const;
  [[nodiscard]] const std::filesystem::path& directory() const;

private:
  struct impl;
  explicit store(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace ratchet::storage
