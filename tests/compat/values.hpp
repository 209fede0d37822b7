#pragma once

#include "workflow_samples.hpp"

#include <cstddef>
#include <optional>

/// What the golden record of each layout means. Nothing: there is no such
/// layout, or its case is missing here (README.md).

namespace ratchet::test {

inline std::optional<workflows::loop_definition>
definition_of(unsigned layout) {
  auto value = sample_definition();
  switch (layout) {
  case 1:
    value.trigger.budget = {};
    value.trigger.busy = workflows::when_busy::coalesce;
    for (auto& child : value.trigger.condition->children)
      child.schedule = child.zone = {};
    value.keep = {};
    return value;
  case 2:
    return value;
  case 3:
    return sample_definition_3();
  case 4:
    return sample_definition_4();
  }
  return std::nullopt;
}

inline std::optional<workflows::loop_state> loop_state_of(unsigned layout) {
  auto value = sample_state();
  switch (layout) {
  case 1:
    value.trigger.champion_since = {};
    value.trigger.starts = {};
    return value;
  case 2:
    return value;
  case 3:
    return sample_state_3();
  }
  return std::nullopt;
}

inline std::optional<workflows::iteration_summary> summary_of(unsigned layout) {
  switch (layout) {
  case 1:
    return sample_summary();
  case 2:
    return sample_summary_2();
  }
  return std::nullopt;
}

inline std::optional<workflows::loop_event>
loop_event_of(unsigned layout, std::size_t index) {
  switch (layout) {
  case 1:
    return loop_samples().at(index);
  case 2:
    return loop_samples_2().at(index);
  }
  return std::nullopt;
}

inline std::optional<workflows::iteration_event>
iteration_event_of(unsigned layout, std::size_t index) {
  switch (layout) {
  case 1:
    return iteration_samples().at(index);
  case 2:
    return index == 0 ? sample_start_2()
      : index == 2    ? sample_failure_2()
                      : iteration_samples().at(index);
  }
  return std::nullopt;
}

} // namespace ratchet::test
