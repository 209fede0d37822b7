#pragma once

#include "analysis/live_experiment.hpp"
#include "workflows/definition.hpp"

#include <cstddef>

/// What a declared experiment is to the analysis.

namespace ratchet::actors {

/// With so many challengers at once.
[[nodiscard]] analysis::experiment_settings experiment_settings_of(
  const workflows::experiment_options& options, std::size_t challengers);

/// How long a unit's feedback is waited for.
[[nodiscard]] duration experiment_horizon(
  const workflows::loop_definition& definition,
  const workflows::experiment_options& options);

} // namespace ratchet::actors
