#pragma once

#include "analysis/retrain.hpp"

#include <string>

namespace ratchet::analysis::detail {

/// What a tick of the retrain policy found, in one sentence for people.
[[nodiscard]] std::string retrain_sentence(
  const retrain_policy& policy, const retrain_state& state,
  const retrain_inputs& inputs, const retrain_decision& decision);

} // namespace ratchet::analysis::detail
