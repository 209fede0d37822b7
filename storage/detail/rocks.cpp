#include "storage/detail/rocks.hpp"

#include "base/bytes.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>

namespace ratchet::storage::detail {

namespace {

constexpr std::size_t mib = std::size_t{1} << 20U;

rocksdb::BlockBasedTableOptions
table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.checksum = rocksdb::kCRC32c;
  table.format_version = 5;
  // Counted against the budget instead of growing beside it.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

} // namespace

std::string column_name(column where) {
  switch (where) {
  case column::meta:
    // RocksDB insists on a family of this name; the smallest one is it.
    return rocksdb::kDefaultColumnFamilyName;
  case column::history:
    return "history";
  case column::control:
    return "control";
  case column::registry:
    return "registry";
  }
  RATCHET_ASSERT(false);
  return {};
}

rocksdb::DBOptions database_options(
  std::size_t memory_budget_bytes,
  std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  // What the four modes do with a damaged log, in 7.8 as its reader is
  // written: kAbsoluteConsistency refuses a torn tail too, and with it every
  // store whose machine lost power in mid-commit. kPointInTimeRecovery (the
  // default) takes any damage, wherever it is, for the end of the log and
  // drops all that follows without a word, acknowledged or not.
  // kTolerateCorruptedTailRecords ignores a record that ends beyond the end
  // of its file, which is what a torn commit is, and refuses to open on a
  // wrong checksum. Older logs may have such a tail as well: with
  // avoid_flush_during_recovery they stay as they were found.
  options.wal_recovery_mode =
    rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A recycled log is full of old records behind its end, which makes a torn
  // tail and damage look the same.
  options.recycle_log_file_num = 0;
  // A log that was synced and then vanished or shrank is damage as well.
  options.track_and_verify_wals_in_manifest = true;
  // Opening stays short: the log's content stays in memory until it is due.
  options.avoid_flush_during_recovery = true;
  options.max_total_wal_size = memory_budget_bytes;
  // A full disk or a failed write stops the shard until someone has looked;
  // RocksDB must not try again behind our back.
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::move(listener));
  // One thread writes, so that nothing is gained by the concurrent paths.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.max_background_jobs = 2;
  // Table and blob files reach the disk while they are written, not all at
  // once at their end, where the log's fsync would wait behind them.
  options.bytes_per_sync = mib / 4;
  options.strict_bytes_per_sync = true;
  options.max_open_files = 512;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 4 * mib;
  options.max_manifest_file_size = 16 * mib;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor>
column_descriptors(std::size_t memory_budget_bytes) {
  // Three buffers for the history (one filling, two on their way to disk)
  // and a small one for each other column, the rest for the cache.
  const auto history_buffer =
    std::clamp(memory_budget_bytes / 4, mib, 64 * mib);
  const auto cache =
    rocksdb::NewLRUCache(std::max(memory_budget_bytes / 16, mib));

  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  for (const auto where : all_columns) {
    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(table_options(cache)));
    options.compression = rocksdb::kLZ4Compression;
    options.write_buffer_size = std::clamp(history_buffer / 8, mib, 8 * mib);
    options.paranoid_file_checks = where != column::history;
    if (where == column::history) {
      options.write_buffer_size = history_buffer;
      options.max_write_buffer_number = 3;
      // Blocks go to blob files once, at flush; compaction then moves their
      // 40-byte references and never the blocks.
      options.enable_blob_files = true;
      options.min_blob_size = 512;
      options.blob_file_size = 256 * mib;
      options.blob_compression_type = rocksdb::kNoCompression;
      options.compression = rocksdb::kNoCompression;
    }
    out.emplace_back(column_name(where), options);
  }
  return out;
}

error to_error(const rocksdb::Status& status, std::string_view doing) {
  const auto code = [&] {
    if (status.IsCorruption())
      return errc::corruption;
    if (status.IsNotFound())
      return errc::not_found;
    if (status.IsBusy() || status.IsTryAgain() || status.IsTimedOut())
      return errc::unavailable;
    if (status.IsInvalidArgument() || status.IsNotSupported())
      return errc::invalid_argument;
    return errc::io_error;
  }();
  return {code, std::string{doing} + ": " + status.ToString()};
}

bool is_lock_failure(const rocksdb::Status& status) {
  if (!status.IsIOError())
    return false;
  const auto text = status.ToString();
  return text.find("lock hold by current process") != std::string::npos ||
    text.find("While lock file") != std::string::npos;
}

rocksdb::Slice to_slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

std::string_view to_view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

} // namespace ratchet::storage::detail

// RocksDB guards its log and its blob files with CRC-32C. Debian builds it for
// every x86-64, so without the instruction for it, and that choice is made at
// compile time: a fifth of what a commit cost went into its table lookups.
//
// The library calls its own function through the symbol table, so that one of
// the same name in the program takes its place there too. This one computes
// the same number, so files are the same either way; where the name does not
// bind (RocksDB linked statically, or renamed), nothing changes but the speed.
namespace rocksdb::crc32c {

[[gnu::visibility("default")]] std::uint32_t
Extend(std::uint32_t init_crc, const char* data, std::size_t n);

std::uint32_t Extend(std::uint32_t init_crc, const char* data, std::size_t n) {
  return ratchet::crc32c({data, n}, init_crc);
}

} // namespace rocksdb::crc32c
