#pragma once

#include "analysis/live_experiment.hpp"
#include "workflows/definition.hpp"

/// What a declared experiment is to the analysis.

namespace ratchet::actors {

[[nodiscard]] analysis::experiment_settings
experiment_settings_of(const workflows::experiment_options& options);

/// How long a unit's feedback is waited for.
[[nodiscard]] duration experiment_horizon(
  const workflows::loop_definition& definition,
  const workflows::experiment_options& options);

} // namespace ratchet::actors
