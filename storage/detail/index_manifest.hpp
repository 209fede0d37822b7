#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

/// What of the index is valid: which runs, and how far into each loop's
/// history they reach. One small file that is replaced as a whole.

namespace ratchet::storage::detail {

/// Everything up to and with `last` is in the runs.
struct index_cursor {
  loop_number loop;
  sequence last;
  /// CRC-32C of the block that ends with `last`. If another block stands there
  /// the index belongs to another history (a restored backup) and is useless.
  std::uint32_t block_crc = 0;
};

struct run_entry {
  std::uint64_t number = 0; ///< Names the file.
  std::uint32_t level = 0;  ///< How often its content has been merged.
};

struct index_manifest {
  std::uint64_t next_run = 1;
  std::vector<run_entry> runs; ///< Oldest first.
  std::vector<index_cursor> cursors;
};

/// An empty manifest if `directory` has none.
/// Errors: `corruption`, `io_error`.
[[nodiscard]] result<index_manifest>
load_manifest(const std::filesystem::path& directory);

/// Durability: on disk on return, or the old one still is.
[[nodiscard]] result<void> save_manifest(
  const std::filesystem::path& directory, const index_manifest& manifest);

} // namespace ratchet::storage::detail
