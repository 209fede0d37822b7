#include "api/views.hpp"

#include <algorithm>
#include <string>

namespace ratchet::api {
namespace {

/// What a data set recorded under `name`; nothing if it is older than that.
const std::string*
find_value(const workflows::stage_result& output, const std::string& name) {
  const auto found = output.values.find(name);
  return found == output.values.end() ? nullptr : &found->second;
}

/// Recorded values are texts; these are whole numbers.
void number_of(
  json_writer& to, const char* field, const workflows::stage_result& output,
  const std::string& name) {
  to.key(field);
  const auto* value = find_value(output, name);
  value == nullptr ? to.null() : to.raw(*value);
}

/// `{"3":12,"4":7}` out of "admitted_v3" and "admitted_v4".
void by_version(
  json_writer& to, const char* field, const workflows::stage_result& output,
  const std::string& name) {
  const auto prefix = name + "_v";
  to.key(field).begin_object();
  for (auto at = output.values.lower_bound(prefix);
       at != output.values.end() && at->first.starts_with(prefix); ++at)
    to.key(at->first.substr(prefix.size())).raw(at->second);
  to.end_object();
}

void write_counts(json_writer& to, const workflows::stage_result& output) {
  number_of(to, "admitted", output, "admitted");
  by_version(to, "admitted_by_version", output, "admitted");
  number_of(to, "carried_over", output, "carried_over");
  number_of(to, "repeated", output, "repeated");
  to.key("dropped").begin_object();
  number_of(to, "stale", output, "dropped_stale");
  by_version(to, "stale_by_version", output, "dropped_stale");
  number_of(to, "window_closed", output, "dropped_closed");
  number_of(to, "late", output, "dropped_late");
  number_of(to, "unusable", output, "dropped_unusable");
  number_of(to, "unmatched", output, "unmatched");
  to.end_object();
}

} // namespace

void write_rule(json_writer& to, const workflows::admission_rule& rule) {
  to.key("admits").begin_object().key("versions");
  if (rule.versions) {
    to.begin_array();
    for (const auto version : *rule.versions)
      to.value(version.value);
    to.end_array();
  } else {
    to.null();
  }
  to.key("closed").begin_array();
  for (const auto& range : rule.closed)
    to.begin_array().value(range.from.value).value(range.to.value).end_array();
  to.end_array().end_object();
}

void write_admission(
  json_writer& to, const workflows::loop_definition& plan,
  const workflows::iteration& iteration) {
  to.key("datasets").begin_array();
  for (const auto& stage : plan.stages) {
    const auto found = iteration.stages.find(stage.name);
    if (
      stage.kind != workflows::stage_kind::dataset ||
      found == iteration.stages.end())
      continue;
    const auto& state = found->second;
    to.begin_object()
      .field("stage", stage.name)
      .field("channel", stage.dataset.channel)
      .field("whole_history", stage.dataset.whole_history)
      .field("status", workflows::to_string(state.status));
    if (state.status == workflows::stage_status::succeeded)
      write_counts(to, state.output);
    to.end_object();
  }
  to.end_array();
}

} // namespace ratchet::api
