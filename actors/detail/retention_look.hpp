#pragma once

#include "actors/hosted.hpp"
#include "actors/messages.hpp"

#include <memory>
#include <vector>

namespace ratchet::actors::detail {

/// Asks the store what each of `loops` may drop now, and how much space all
/// that was dropped takes up. A loop that cannot be read drops nothing; the
/// log says why. Blocks on the disk.
[[nodiscard]] retention_looked look_at_histories(
  const services& node,
  const std::vector<std::shared_ptr<const hosted_loop>>& loops);

} // namespace ratchet::actors::detail
