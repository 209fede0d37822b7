#include "storage/store.hpp"

#include "base/background.hpp"
#include "base/log.hpp"
#include "storage/detail/byte_archive.hpp"
#include "storage/detail/rocks.hpp"

#include <rocksdb/convenience.h>
#include <rocksdb/iostats_context.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/utilities/checkpoint.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace ratchet::storage {

namespace {

namespace fs = std::filesystem;

using detail::to_error;
using detail::to_slice;
using detail::to_view;

struct format_record {
  std::uint32_t format = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(format);
  }
};

/// The first error that stopped the store; later ones are its consequences.
class stop_reason {
public:
  void set(error reason) {
    const std::lock_guard lock{mutex_};
    if (stopped_.load())
      return;
    log(
      log_level::error, "store takes no more commits",
      {{"reason", reason.message}});
    reason_ = std::move(reason);
    stopped_.store(true);
  }
  [[nodiscard]] result<void> check() const {
    if (!stopped_.load())
      return {};
    const std::lock_guard lock{mutex_};
    return reason_;
  }

private:
  std::atomic<bool> stopped_ = false;
  mutable std::mutex mutex_;
  error reason_{};
};

/// Flushes and compactions run, and fail, on threads of RocksDB's own: keeps
/// them behind the commits, and stops the store at once where one fails.
class background_watch final : public rocksdb::EventListener {
public:
  explicit background_watch(std::shared_ptr<stop_reason> stopped)
      : stopped_(std::move(stopped)) {}

  void
  OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo& /*job*/) override {
    run_in_background("flush");
  }
  void OnCompactionBegin(
    rocksdb::DB*, const rocksdb::CompactionJobInfo& /*job*/) override {
    run_in_background("compaction");
  }
  void OnBackgroundError(
    rocksdb::BackgroundErrorReason /*reason*/,
    rocksdb::Status* status) override {
    stopped_->set(to_error(*status, "background write"));
  }

private:
  std::shared_ptr<stop_reason> stopped_;
};

rocksdb::ReadOptions checked_reads() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

std::uint64_t microseconds_since(std::chrono::steady_clock::time_point start) {
  return static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start)
      .count());
}

} // namespace

void latency_histogram::add(std::uint64_t us) {
  const auto bucket = static_cast<std::size_t>(std::bit_width(us));
  ++counts[std::min(bucket, counts.size() - 1)];
  total_us += us;
}

struct store::impl {
  store_options options;
  std::shared_ptr<stop_reason> stopped = std::make_shared<stop_reason>();
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> columns;
  mutable std::mutex stats_mutex;
  store_stats counted;
  mutable std::atomic<bool> reclaim_canceled = false;

  ~impl() {
    for (auto* handle : columns)
      db->DestroyColumnFamilyHandle(handle);
    if (db)
      db->Close().PermitUncheckedError();
  }

  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(column where) const {
    return columns[static_cast<std::size_t>(where)];
  }
  [[nodiscard]] std::string place() const {
    return "data directory " + options.directory.string();
  }

  result<void> open_database();
  result<void> check_format(store& self);
  rocksdb::Status write(const write_batch& batch);
  result<void> visit(
    column where, const key_range& range, bool reverse,
    const visitor& visit) const;
};

result<void> store::impl::open_database() {
  if (!options.read_only) {
    std::error_code failed;
    fs::create_directories(options.directory, failed);
    if (failed)
      return error{errc::io_error, "make " + place() + ": " + failed.message()};
  }
  const auto db_options = detail::database_options(
    options.memory_budget_bytes, std::make_shared<background_watch>(stopped));
  const auto families = detail::column_descriptors(options.memory_budget_bytes);
  const auto path = options.directory.string();
  rocksdb::DB* opened = nullptr;
  const auto status = options.read_only
    ? rocksdb::DB::OpenForReadOnly(
        db_options, path, families, &columns, &opened)
    : rocksdb::DB::Open(db_options, path, families, &columns, &opened);
  db.reset(opened);
  if (status.ok())
    return {};
  if (detail::is_lock_failure(status))
    return error{
      errc::unavailable,
      place() + " is in use by another process; stop that one first"};
  return to_error(status, "open " + place());
}

result<void> store::impl::check_format(store& self) {
  const auto stored = self.get(column::meta, format_key::encode());
  if (!stored)
    return stored.err();
  if (stored->has_value()) {
    const auto record = detail::from_record<format_record>(
      record_kind::format_version, 1, **stored);
    if (!record)
      return record.err();
    if (record->format > store_format)
      return error{
        errc::failed_condition,
        place() + " has format " + std::to_string(record->format) +
          ", this build reads up to " + std::to_string(store_format) +
          "; use a newer build"};
    return {};
  }
  // The record is part of the first commit ever, so its absence means a new
  // store, or one that lost its beginning.
  for (const auto where : detail::all_columns) {
    bool found = false;
    const key_range everything{{}, std::string(64, '\xff')};
    const auto scanned =
      self.scan(where, everything, [&](std::string_view, std::string_view) {
        found = true;
        return false;
      });
    if (!scanned)
      return scanned.err();
    if (found)
      return error{
        errc::corruption,
        place() + " holds data but no format version; restore a backup"};
  }
  if (options.read_only)
    return {};
  write_batch batch;
  batch.put(
    column::meta, format_key::encode(),
    detail::to_record(
      record_kind::format_version, {}, format_record{store_format}));
  return self.commit(batch);
}

rocksdb::Status store::impl::write(const write_batch& batch) {
  std::size_t bytes = 0;
  for (const auto& op : batch.ops())
    bytes += op.key.size() + op.value.size() + 24;
  rocksdb::WriteBatch rocks{bytes};
  for (const auto& op : batch.ops()) {
    rocksdb::Status added;
    switch (op.kind) {
    case write_batch::op_kind::put:
      added = rocks.Put(family(op.where), op.key, op.value);
      break;
    case write_batch::op_kind::erase:
      added = rocks.Delete(family(op.where), op.key);
      break;
    case write_batch::op_kind::erase_range:
      added = rocks.DeleteRange(family(op.where), op.key, op.value);
      break;
    }
    if (!added.ok())
      return added;
  }
  rocksdb::WriteOptions write_options;
  write_options.sync = true;
  return db->Write(write_options, &rocks);
}

result<void> store::impl::visit(
  column where, const key_range& range, bool reverse,
  const visitor& visit) const {
  auto read_options = checked_reads();
  const rocksdb::Slice from{range.from};
  const rocksdb::Slice to{range.to};
  read_options.iterate_lower_bound = &from;
  read_options.iterate_upper_bound = &to;
  const std::unique_ptr<rocksdb::Iterator> at{
    db->NewIterator(read_options, family(where))};
  reverse ? at->SeekToLast() : at->Seek(from);
  while (at->Valid()) {
    if (!visit(to_view(at->key()), to_view(at->value())))
      return {};
    reverse ? at->Prev() : at->Next();
  }
  if (!at->status().ok())
    return to_error(
      at->status(),
      "read column " + detail::column_name(where) + " of " + place());
  return {};
}

store::store(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

store::~store() = default;

result<std::unique_ptr<store>> store::open(store_options options) {
  auto state = std::make_unique<impl>();
  state->options = std::move(options);
  if (auto opened = state->open_database(); !opened)
    return opened.err();
  std::unique_ptr<store> self{new store{std::move(state)}};
  if (auto checked = self->impl_->check_format(*self); !checked)
    return checked.err();
  return self;
}

result<void> store::commit(const write_batch& batch) {
  if (auto healthy = impl_->stopped->check(); !healthy)
    return error{
      errc::unavailable,
      impl_->place() +
        " takes no more commits since: " + healthy.err().message};
  const auto fail = [&](error reason) {
    impl_->stopped->set(reason);
    return reason;
  };
  if (impl_->options.before_write)
    if (auto injected = impl_->options.before_write(batch); !injected)
      return fail(injected.err());

  // Only this thread's timers, and only around the write: the level is kept
  // per thread.
  auto* io = rocksdb::get_iostats_context();
  const auto fsync_before = io->fsync_nanos;
  const auto level = rocksdb::GetPerfLevel();
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableTimeExceptForMutex);
  const auto start = std::chrono::steady_clock::now();
  const auto status = impl_->write(batch);
  const auto elapsed_us = microseconds_since(start);
  rocksdb::SetPerfLevel(level);
  if (!status.ok())
    return fail(to_error(status, "commit to " + impl_->place()));

  const std::lock_guard lock{impl_->stats_mutex};
  auto& counted = impl_->counted;
  ++counted.commits;
  for (const auto& op : batch.ops())
    counted.committed_bytes += op.key.size() + op.value.size();
  counted.commit_us.add(elapsed_us);
  counted.fsync_us.add((io->fsync_nanos - fsync_before) / 1000);
  return {};
}

result<std::optional<std::string>>
store::get(column where, std::string_view key) const {
  std::string value;
  const auto status = impl_->db->Get(
    checked_reads(), impl_->family(where), to_slice(key), &value);
  if (status.IsNotFound())
    return std::optional<std::string>{};
  if (!status.ok())
    return to_error(
      status,
      "read column " + detail::column_name(where) + " of " + impl_->place());
  return std::optional<std::string>{std::move(value)};
}

result<void>
store::scan(column where, const key_range& range, const visitor& visit) const {
  return impl_->visit(where, range, false, visit);
}

result<void> store::scan_reverse(
  column where, const key_range& range, const visitor& visit) const {
  return impl_->visit(where, range, true, visit);
}

result<void> store::checkpoint(const fs::path& path) const {
  const auto doing = "checkpoint to " + path.string();
  rocksdb::Checkpoint* made = nullptr;
  auto status = rocksdb::Checkpoint::Create(impl_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
  if (status.ok())
    status = checkpoint->CreateCheckpoint(path.string());
  if (!status.ok())
    return to_error(status, doing);
  return {};
}

result<void> store::reclaim_history(reclaim_depth depth) const {
  rocksdb::CompactRangeOptions options;
  options.canceled = &impl_->reclaim_canceled;
  options.exclusive_manual_compaction = false;
  const bool rewrite = depth == reclaim_depth::mixed_files;
  options.blob_garbage_collection_policy = rewrite
    ? rocksdb::BlobGarbageCollectionPolicy::kForce
    : rocksdb::BlobGarbageCollectionPolicy::kDisable;
  // Else what is in the last level already would be passed over.
  if (rewrite)
    options.bottommost_level_compaction =
      rocksdb::BottommostLevelCompaction::kForce;
  options.blob_garbage_collection_age_cutoff = 1.0;
  const auto status = impl_->db->CompactRange(
    options, impl_->family(column::history), nullptr, nullptr);
  if (impl_->reclaim_canceled && !status.ok())
    return error{errc::canceled, "the reclaim was canceled"};
  if (!status.ok())
    return to_error(status, "compact the history of " + impl_->place());
  return {};
}

void store::cancel_reclaim() {
  impl_->reclaim_canceled = true;
}

result<void> store::health() const {
  return impl_->stopped->check();
}

store_stats store::stats() const {
  store_stats out;
  {
    const std::lock_guard lock{impl_->stats_mutex};
    out = impl_->counted;
  }
  for (const auto where : detail::all_columns)
    for (const char* property :
         {"rocksdb.total-sst-files-size", "rocksdb.total-blob-file-size"}) {
      std::uint64_t bytes = 0;
      if (impl_->db->GetIntProperty(impl_->family(where), property, &bytes))
        out.live_bytes += bytes;
      if (where == column::history)
        out.history_bytes += bytes;
    }
  return out;
}

const fs::path& store::directory() const {
  return impl_->options.directory;
}

} // namespace ratchet::storage
