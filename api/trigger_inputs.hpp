#pragma once

#include "api/context.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/monitor_store.hpp"
#include "workflows/definition.hpp"
#include "workflows/loop_state.hpp"

namespace ratchet::api {

/// What the trigger of a loop looks at, as far as it is on disk: the loop's
/// supervisor may be a moment ahead. Blocks on the disk.
[[nodiscard]] result<workflows::trigger_inputs> read_trigger_inputs(
  const api_context& context, const workflows::loop_definition& definition,
  const workflows::loop_state& state, loop_number number,
  const storage::monitor_state& monitor);

} // namespace ratchet::api
