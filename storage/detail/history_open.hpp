#pragma once

#include "storage/detail/block_source.hpp"
#include "storage/detail/event_index.hpp"
#include "storage/detail/history_writer.hpp"
#include "storage/detail/loop_table.hpp"

#include <memory>

/// Opening a history: what is read back, and in which order.

namespace ratchet::storage::detail {

/// Fills `out` with the loops of the meta column and the ends of their blocks.
[[nodiscard]] result<void>
load_loops(const store& from, const block_source& blocks, loop_table& out);

/// Opens the index and brings it up to the end of every loop, or makes it
/// anew (and says so in the log) if it is damaged or of another history.
[[nodiscard]] result<std::unique_ptr<event_index>> open_index(
  const index_options& options, const loop_table& loops, block_source& blocks,
  const index_hasher& hash);

} // namespace ratchet::storage::detail
