#pragma once

#include "actors/hosted.hpp"
#include "actors/messages.hpp"

namespace ratchet::actors::detail {

/// Reads an iteration and the definition it began with. Its callables are
/// there only if this program hosts that very definition. Blocks on the disk.
[[nodiscard]] iteration_loaded load_iteration(
  const services& node, const hosted_loop& loop, iteration_number number);

} // namespace ratchet::actors::detail
