#pragma once

#include "actors/interfaces.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

/// How a stage's thread, which is no actor, has its steps recorded.

namespace ratchet::actors::detail {

/// A function that asks `iteration` to record a step of an attempt, and waits
/// until that is durable.
///
/// Errors: the iteration's refusal; `unavailable` if it is gone, or has not
///   answered for a minute: then whether it was recorded is unknown, and the
///   next run will know.
[[nodiscard]] std::function<
  result<void>(const std::string& name, std::string value)>
step_recorder(
  iteration_actor iteration, std::string stage, std::uint32_t attempt);

} // namespace ratchet::actors::detail
