#pragma once

#include "workflows/iteration.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What all events of an iteration have in common.

namespace ratchet::workflows {

/// The stable name of an event's type, as answers and exports show it:
/// "attempt_started".
[[nodiscard]] std::string_view type_of(const iteration_event& event);

/// When it was decided. Events of one decision share it.
[[nodiscard]] time_point time_of(const iteration_event& event);

/// All that people wrote or read in it: reasons, names, sentences, failures.
/// For searches; names of stages are not among them.
[[nodiscard]] std::vector<std::string_view>
texts_of(const iteration_event& event);

} // namespace ratchet::workflows
