#pragma once

#include "analysis/gate.hpp"

#include <span>
#include <string>

namespace ratchet::analysis::detail {

/// What happened at a gate, in one sentence for people: the numbers, the rule,
/// and if it did not pass, what would help.
[[nodiscard]] std::string gate_sentence(
  const gate_inputs& in, const gate_evidence& ev,
  std::span<const double> differences);

} // namespace ratchet::analysis::detail
