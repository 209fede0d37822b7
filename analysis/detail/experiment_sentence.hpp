#pragma once

#include "analysis/experiment.hpp"

#include <string>

namespace ratchet::analysis::detail {

/// What happened in an experiment, in one sentence for people: the numbers, the
/// bound, the error rate, and what would help.
[[nodiscard]] std::string experiment_sentence(
  const experiment_inputs& in, const experiment_decision& decision);

} // namespace ratchet::analysis::detail
