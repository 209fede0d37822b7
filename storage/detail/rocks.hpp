#pragma once

#include "base/result.hpp"
#include "storage/write_batch.hpp"

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The border to RocksDB: how it is set up and how its errors become ours.
/// Only storage/*.cpp includes this.

namespace ratchet::storage::detail {

constexpr std::array all_columns{
  column::meta, column::history, column::control, column::registry};

/// The column family of a column. On disk: never rename.
[[nodiscard]] std::string column_name(column where);

[[nodiscard]] rocksdb::DBOptions database_options(
  std::size_t memory_budget_bytes,
  std::shared_ptr<rocksdb::EventListener> listener);

/// One descriptor per column, in the order of `all_columns`.
[[nodiscard]] std::vector<rocksdb::ColumnFamilyDescriptor>
column_descriptors(std::size_t memory_budget_bytes);

/// `doing` names the action and its object: "commit to /var/lib/x".
[[nodiscard]] error
to_error(const rocksdb::Status& status, std::string_view doing);

/// True if opening failed because another process, or this one, has the
/// database open.
[[nodiscard]] bool is_lock_failure(const rocksdb::Status& status);

[[nodiscard]] rocksdb::Slice to_slice(std::string_view bytes);
[[nodiscard]] std::string_view to_view(const rocksdb::Slice& slice);

} // namespace ratchet::storage::detail
