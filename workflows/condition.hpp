#pragma once

#include "workflows/definition.hpp"
#include "workflows/stage.hpp"

#include <functional>
#include <string>
#include <string_view>

/// The conditions of stages (`.when`): pure questions about what earlier
/// stages recorded.

namespace ratchet::workflows {

/// What a condition may know of a stage. `output` is null or outlives the
/// evaluation.
struct stage_facts {
  stage_status status = stage_status::pending;
  const stage_result* output = nullptr;
};
using stage_facts_of = std::function<stage_facts(const std::string& stage)>;

struct condition_verdict {
  bool holds = false;
  /// What decided it, with the numbers: "evaluate accuracy 0.81 is not >= 0.9".
  std::string sentence;
};

/// Answers `condition` from `facts`.
///
/// A comparison needs its value: one that was not recorded (by a stage that
/// was skipped, say), or that is compared with a number and is none, makes it
/// false, whichever the comparison, and the sentence says so. Its negation
/// then holds. Numbers are decimal, as `std::from_chars` reads them, and
/// finite; texts compare byte by byte.
///
/// Cost: one pass over the tree.
[[nodiscard]] condition_verdict
evaluate(const stage_condition& condition, const stage_facts_of& facts);

/// As an author would write it: `evaluate accuracy >= 0.9 && train succeeded`.
[[nodiscard]] std::string to_text(const stage_condition& condition);

[[nodiscard]] std::string_view to_string(comparison op);

} // namespace ratchet::workflows
