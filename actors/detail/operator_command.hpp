#pragma once

#include "actors/client.hpp"
#include "workflows/iteration.hpp"

namespace ratchet::actors::detail {

/// What an operator's request asks of an iteration; for the verbs that are
/// about one.
[[nodiscard]] workflows::iteration_command
iteration_command_of(const operator_request& request);

} // namespace ratchet::actors::detail
