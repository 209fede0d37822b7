#pragma once

#include "base/result.hpp"
#include "workflows/iteration.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Several challengers in one iteration: the units of a stage register a model
/// each, a gate judges each of them, and a `choose` stage picks one, which a
/// promotion then takes. The others stay registered, with their lineage.

namespace ratchet::workflows {

/// A gate judges so many at most.
inline constexpr std::uint32_t most_challengers = 100;

/// The names of what a gate records of challenger `index`: "3.merit". Beside
/// them it records `challengers`, how many it judged, and `passed`.
///
///   item     which unit scored it
///   verdict  "passed", "failed", "insufficient"
///   merit    what it is worth, more is better: its mean paired gain over the
///            champion; while there is no champion, its mean (of a metric where
///            lower is better, negated)
[[nodiscard]] std::string
challenger_value(std::uint32_t index, const std::string& name);

/// What a choose stage found.
struct choice {
  /// The version, and as values `item`, `index`, `merit` and `challengers`; the
  /// sentence tells of every challenger, with numbers.
  stage_result output;
  bool refused = false; ///< None can be chosen.
};

/// Picks the challenger that `stage`, of `plan`, is to choose.
///
/// Rule:   of the challengers that every gate before it passed, and that
///         registered a model, the one with the largest merit by the gate that
///         the stage names (else the last of them); of equal ones that with the
///         lowest index. A gate that judged no challengers, or was skipped, has
///         no say. Challengers are known by their items.
/// Errors: `invalid_argument` if the gate to choose by judged no challengers.
/// Pure: the same state gives the same choice.
[[nodiscard]] result<choice> choose_challenger(
  const loop_definition& plan, const iteration& it,
  const stage_definition& stage);

/// The versions of the challengers that `choose_challenger` would choose among,
/// the best first; none if no gate before `stage` judged challengers.
/// Pure: the same state gives the same versions.
[[nodiscard]] std::vector<version_number> passed_challengers(
  const loop_definition& plan, const iteration& it,
  const stage_definition& stage);

} // namespace ratchet::workflows
