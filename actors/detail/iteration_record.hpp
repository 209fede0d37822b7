#pragma once

#include "actors/hosted.hpp"
#include "storage/write_batch.hpp"
#include "workflows/iteration.hpp"

#include <vector>

namespace ratchet::actors::detail {

/// An iteration's transition as one batch: its events, its summary if they
/// change what people look for, and whether it sleeps after them. `before` is
/// the state without `events`.
[[nodiscard]] storage::write_batch record_iteration_events(
  const hosted_loop& loop, const hosted_plan& plan,
  const workflows::iteration& before,
  const std::vector<workflows::iteration_event>& events);

} // namespace ratchet::actors::detail
