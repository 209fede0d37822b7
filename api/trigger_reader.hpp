#pragma once

#include "base/result.hpp"
#include "formats/json.hpp"
#include "workflows/definition.hpp"

namespace ratchet::api {

/// A trigger as `GET /v1/loops/{loop}` shows it, under `definition.trigger`.
/// What is left out is as in a loop that does not declare it.
/// Errors: `invalid_argument` with the place: "trigger.condition.of[1].count
///   is no whole number". Whether it fits a loop is `workflows::check`'s
///   matter.
[[nodiscard]] result<workflows::trigger_policy>
read_trigger(const json& trigger);

} // namespace ratchet::api
