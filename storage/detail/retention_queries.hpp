#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/detail/block_source.hpp"
#include "storage/detail/loop_table.hpp"

#include <cstdint>

/// What retention asks of one loop's blocks: the functions of history.hpp that
/// have these names. Retention may go on meanwhile; then they look again.
///
/// Cost: a block read per halving of the loop's blocks.

namespace ratchet::storage::detail {

[[nodiscard]] result<sequence>
first_since(block_source& blocks, const loop_entry& of, time_point since);
[[nodiscard]] result<sequence>
first_within(block_source& blocks, const loop_entry& of, std::uint64_t bytes);
[[nodiscard]] result<std::uint64_t>
stored_bytes(block_source& blocks, const loop_entry& of);

} // namespace ratchet::storage::detail
