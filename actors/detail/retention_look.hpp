#pragma once

#include "actors/hosted.hpp"
#include "actors/messages.hpp"

#include <memory>
#include <vector>

namespace ratchet::actors::detail {

/// The blocking side of retention.

/// Asks the store what each of `loops` may drop now. A loop that cannot be
/// read drops nothing; the log says why.
[[nodiscard]] retention_looked look_at_histories(
  const services& node,
  const std::vector<std::shared_ptr<const hosted_loop>>& loops);

/// Gives back the space of whole files, and of others too if `may_rewrite` and
/// it is worth that (workflows/retention.hpp). What keeps it is in the log.
[[nodiscard]] space_reclaimed
reclaim_space(const services& node, bool may_rewrite);

} // namespace ratchet::actors::detail
