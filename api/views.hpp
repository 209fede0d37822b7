#pragma once

#include "actors/client.hpp"
#include "analysis/aggregate.hpp"
#include "analysis/metric_history.hpp"
#include "base/ids.hpp"
#include "formats/json_writer.hpp"
#include "storage/experiment_store.hpp"
#include "storage/registry.hpp"
#include "workflows/audit.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the engine's structs look like as JSON; nothing here reads or decides.
/// Each function writes one value. Times are ISO 8601 in UTC or null; durations
/// are in milliseconds (`_ms`); a version or iteration that is not there is
/// null. The reference is docs/http.md.

namespace ratchet::api {

using formats::json_writer;

void time_field(json_writer& to, std::string_view name, time_point value);
/// Null for 0.
void number_field(json_writer& to, std::string_view name, std::uint64_t value);

// definition_view.cpp
void write_definition(
  json_writer& to, const workflows::loop_definition& definition);

// alarm_view.cpp
void write_drop_rule(json_writer& to, const workflows::drop_rule& rule);
/// What a decision was made on.
void write_reading(json_writer& to, const workflows::drop_reading& reading);
/// Why an alarm took a champion back.
void write_probation_alarm(
  json_writer& to, const workflows::probation_alarm& alarm);

// area_view.cpp
/// By metric: what a decision was made on.
void write_area_readings(
  json_writer& to, const workflows::area_readings& readings);
void write_area_options(
  json_writer& to, const workflows::area_options& options);

// metric_view.cpp
/// Which of a loop's metrics are asked for; what is empty is not asked.
struct metric_choice {
  std::string metric;
  std::optional<version_number> version;
  std::string attribute;
  std::string value;
  bool slices = true;
  std::size_t windows = 0; ///< The newest so many of each.
};
[[nodiscard]] bool
is_chosen(const metric_choice& choice, const analysis::metric_key& key);
/// Declared metrics that were never seen of the champion are there, too, as
/// such. Without `history`: what there is over all time only.
void write_metrics(
  json_writer& to, const workflows::loop_definition& definition,
  const analysis::metric_table& metrics,
  const analysis::metric_history* history, version_number champion,
  const metric_choice& choice, time_point now);

// loop_view.cpp
/// Per channel: what was joined, since the last start, and what it takes.
void write_trigger(
  json_writer& to, const workflows::loop_definition& definition,
  const workflows::loop_state& state, const workflows::trigger_inputs& inputs,
  time_point now);
void write_version(
  json_writer& to, const storage::version_record& version,
  version_number champion,
  const std::optional<storage::rollback_record>& rolled_back,
  const std::string& base_url);
/// Null for a version that never was taken back.
void write_rollback(
  json_writer& to, const std::optional<storage::rollback_record>& rolled_back);
/// Null for a champion that never was guarded.
void write_probation(
  json_writer& to, const workflows::loop_state& state, time_point now);

// trigger_view.cpp
/// Each condition with what it says now, and all else that a start waits for.
void write_triggers(
  json_writer& to, const workflows::loop_definition& definition,
  const workflows::loop_state& state, const workflows::trigger_inputs& inputs,
  time_point now);
[[nodiscard]] std::string_view kind_name(workflows::condition_kind kind);
[[nodiscard]] std::string_view policy_name(workflows::when_busy busy);

// iteration_view.cpp
/// What the iteration's data sets may use: `admits`.
void write_rule(json_writer& to, const workflows::admission_rule& rule);
/// What its data sets used and refused, as far as they are written.
void write_admission(
  json_writer& to, const workflows::loop_definition& plan,
  const workflows::iteration& iteration);
void write_summary(
  json_writer& to, const workflows::iteration_summary& summary);
/// `events` gives the attempts; may be empty. `pools` are the node's slots.
/// `rolled_back` is about its version.
void write_iteration(
  json_writer& to, const workflows::loop_definition& plan,
  const workflows::iteration& iteration,
  const std::optional<storage::rollback_record>& rolled_back,
  const std::vector<workflows::iteration_event>& events,
  const std::map<std::string, actors::attempt_progress>& progress,
  const std::vector<workflows::pool_view>& pools, const std::string& base_url);

/// {"name": "value"}
void write_labels(
  json_writer& to, const std::map<std::string, std::string>& labels);

// audit_route.cpp
void write_audit_entry(
  json_writer& to, const std::string& loop,
  const workflows::audit_entry& entry);

// timeline_view.cpp
/// The same iteration over time: only when each attempt did what.
void write_timeline(
  json_writer& to, const workflows::loop_definition& plan,
  const workflows::iteration& iteration,
  const std::optional<storage::rollback_record>& rolled_back,
  const std::vector<workflows::iteration_event>& events);

// experiment_view.cpp
/// What lists show, as fields of an object.
void write_experiment_head(
  json_writer& to, const storage::experiment_summary& summary);
/// Arms with their units, and how the shares moved, as fields.
void write_arms(json_writer& to, const storage::experiment_state& state);
void write_experiment_decision(
  json_writer& to, const storage::experiment_state& state,
  const analysis::experiment_decision& decision);

// journal_view.cpp
void write_event(
  json_writer& to, std::uint64_t index, const workflows::loop_event& event);
void write_event(
  json_writer& to, std::uint64_t index,
  const workflows::iteration_event& event);

} // namespace ratchet::api
