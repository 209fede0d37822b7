#pragma once

#include "actors/hosted.hpp"
#include "actors/messages.hpp"
#include "base/ids.hpp"

namespace ratchet::actors::detail {

/// Reads a bounded piece of the loop's history after `cursor`, joins it, and
/// counts what it finds. Blocks on the disk; any thread.
[[nodiscard]] followed follow(
  const storage::history& history, const hosted_loop& loop, sequence cursor);

} // namespace ratchet::actors::detail
