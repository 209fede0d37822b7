#pragma once

#include "actors/detail/supervisor_core.hpp"

#include <caf/result.hpp>

/// What operators ask of a loop. Runs in the supervisor.

namespace ratchet::actors::detail {

[[nodiscard]] caf::result<operator_answer>
handle_operator(supervisor_pointer self, operator_request& request);

/// Goes on with the requests that waited for this iteration to be read back.
void serve_held(supervisor_pointer self, iteration_loaded& loaded);

} // namespace ratchet::actors::detail
