#pragma once

#include "api/known_loop.hpp"
#include "storage/monitor_store.hpp"
#include "workflows/loop_state.hpp"

namespace ratchet::api {

/// A loop that can be read of, where it stands, and what its monitor knows.
struct monitored_loop : known_loop {
  workflows::loop_state state;
  storage::monitor_state monitor;
};

/// The loop that the path names first. Blocks on the disk.
/// Errors: as `known_loop_of`.
[[nodiscard]] result<monitored_loop>
monitored_loop_of(const api_context& context, const request& request);

} // namespace ratchet::api
