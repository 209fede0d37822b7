#pragma once

#include "base/result.hpp"
#include "workflows/definition.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What the parts of `check` share. Each part returns the sentence of the
/// first breach, without the loop's name; empty: all is well.

namespace ratchet::workflows::detail {

/// Those of the graph, then those of cleanup.
[[nodiscard]] std::vector<const stage_definition*>
all_stages(const loop_definition& definition);

[[nodiscard]] std::string check_trigger(const loop_definition& definition);
[[nodiscard]] std::string check_stages(const loop_definition& definition);
[[nodiscard]] std::string check_graph(const loop_definition& definition);
/// What is special to cleanup stages; as stages they are `check_stages`'s.
[[nodiscard]] std::string check_cleanup(const loop_definition& definition);
/// After `check_graph`: without cycles there is a "before".
[[nodiscard]] std::string check_conditions(const loop_definition& definition);
[[nodiscard]] std::string check_fan_outs(const loop_definition& definition);
/// The loops that `definition` runs iterations of, among all that are hosted
/// with it.
[[nodiscard]] std::string check_nested(
  const loop_definition& definition,
  const std::vector<const loop_definition*>& all);
/// Of a metric by name whose values must lie between bounds; `which` says what
/// it is chosen for, and `bounds_for` what the bounds are needed for.
[[nodiscard]] std::string check_metric_in_range(
  const loop_definition& definition, const std::string& name,
  const std::string& which, const std::string& bounds_for);
/// Of a stage that is an experiment.
[[nodiscard]] std::string check_experiment(
  const loop_definition& definition, const stage_definition& stage);

/// Of a stage that promotes.
[[nodiscard]] std::string check_promotion(
  const loop_definition& definition, const promotion_options& options);

/// Of a drop's alarm, in the trigger or at the metric itself.
[[nodiscard]] std::string check_drop(
  const loop_definition& definition, const std::string& metric,
  const drop_rule& rule);
[[nodiscard]] std::string check_windows(const window_policy& windows);

[[nodiscard]] std::string check_areas(const loop_definition& definition);
/// Of a trigger's condition.
[[nodiscard]] std::string check_area_condition(
  const loop_definition& definition, const std::string& metric,
  const area_demand& demand);
/// Of a dataset stage.
[[nodiscard]] std::string check_oversampling(
  const loop_definition& definition, const dataset_options& options);

/// Every stage that `stage` waits for, directly or not. The graph is checked.
[[nodiscard]] std::set<std::string>
stages_before(const loop_definition& definition, const std::string& stage);

/// `text` in quotes, for a message: control bytes as \xNN, long texts cut.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// Why `name` cannot name a loop; empty: it can.
[[nodiscard]] std::string check_loop_name(std::string_view name);

/// Why `name` cannot name a channel, metric or stage; empty: it can.
[[nodiscard]] std::string check_name(std::string_view name);

[[nodiscard]] std::string check_priority(std::uint32_t priority);

/// "channel ... is not declared", with the remedy.
[[nodiscard]] std::string unknown_channel(const std::string& name);

/// Why `d` is no positive time within bounds; empty: it is. `what` is the
/// subject: "timeout".
[[nodiscard]] std::string
check_positive(std::string_view what, duration d, std::string_view example);

} // namespace ratchet::workflows::detail
