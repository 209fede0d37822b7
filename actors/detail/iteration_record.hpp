#pragma once

#include "actors/hosted.hpp"
#include "storage/write_batch.hpp"
#include "workflows/iteration.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ratchet::actors::detail {

/// What the state before a transition says about its record.
struct record_place {
  std::uint32_t index = 0; ///< Of its first event.
  std::optional<time_point> slept_until;
};

/// An iteration's transition as one batch: its events, its summary if they
/// change what people look for, and whether it sleeps after them. `after` is
/// the state with `events`.
[[nodiscard]] storage::write_batch record_iteration_events(
  const hosted_loop& loop, const record_place& place,
  const std::vector<workflows::iteration_event>& events,
  const workflows::iteration& after);

} // namespace ratchet::actors::detail
