#pragma once

#include "analysis/exposure.hpp"
#include "base/result.hpp"
#include "storage/experiment_store.hpp"
#include "workflows/definition.hpp"
#include "workflows/loop_state.hpp"

#include <optional>
#include <string>

/// How a declared experiment becomes one that runs, and its verdict one of the
/// loop.

namespace ratchet::actors::detail {

/// The experiment that `begun` announces, as `definition` declares it, with no
/// unit yet. Exposures count behind `history_end`.
/// Errors: `invalid_argument` if the stage is no experiment there, or if its
///   numbers do not work together (analysis/live_experiment.hpp).
[[nodiscard]] result<storage::experiment_state> make_experiment(
  const workflows::loop_definition& definition,
  const workflows::experiment_begun& begun, sequence history_end);

[[nodiscard]] storage::experiment_summary summary_of(
  const workflows::experiment_begun& begun,
  const storage::experiment_state& state);

/// How a declared metric is read off feedback.
[[nodiscard]] analysis::metric_reading reading_of(
  const workflows::loop_definition& definition, const std::string& metric,
  std::optional<double> default_outcome);

/// The verdict of the loop that a final decision is.
[[nodiscard]] workflows::experiment_verdict verdict_of(
  const workflows::running_experiment& running,
  const analysis::experiment_decision& decision);

} // namespace ratchet::actors::detail
