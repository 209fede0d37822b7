#pragma once

#include "workflows/trigger.hpp"

#include <cstdint>
#include <string>

namespace ratchet::workflows::detail {

/// Feedback of `channel` that is new since the last start. Inputs older than
/// the baseline gained nothing.
[[nodiscard]] inline std::uint64_t gained(
  const trigger_state& state, const trigger_inputs& inputs,
  const std::string& channel) {
  const auto total = [&channel](const trigger_inputs& of) {
    const auto found = of.joined.find(channel);
    return found == of.joined.end() ? 0 : found->second;
  };
  const auto before = total(state.baseline);
  const auto now = total(inputs);
  return now > before ? now - before : 0;
}

} // namespace ratchet::workflows::detail
