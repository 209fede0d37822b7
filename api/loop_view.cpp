#include "api/views.hpp"

#include "analysis/moments.hpp"

#include <algorithm>
#include <optional>

namespace ratchet::api {
namespace {

constexpr double confidence = 0.95;

/// The smallest count on `channel` that some part of the condition asks for.
std::optional<std::uint64_t> needed(
  const workflows::trigger_condition& condition, const std::string& channel) {
  if (
    condition.kind == workflows::condition_kind::feedback_count &&
    condition.channel == channel)
    return condition.count;
  std::optional<std::uint64_t> least;
  for (const auto& child : condition.children) {
    const auto one = needed(child, channel);
    if (one && (!least || *one < *least))
      least = one;
  }
  return least;
}

std::uint64_t
joined_of(const workflows::trigger_inputs& inputs, const std::string& channel) {
  const auto found = inputs.joined.find(channel);
  return found == inputs.joined.end() ? 0 : found->second;
}

std::string_view name_of(analysis::slice_scope scope) {
  switch (scope) {
  case analysis::slice_scope::overall:
    return "overall";
  case analysis::slice_scope::slice:
    return "slice";
  case analysis::slice_scope::other:
    return "other";
  }
  return {};
}

std::optional<analysis::interval> interval_of(
  const workflows::loop_definition& definition, const std::string& metric,
  const analysis::moments& cell) {
  for (const auto& each : definition.metrics) {
    if (each.name != metric)
      continue;
    const auto* channel = definition.channel(each.channel);
    if (channel != nullptr && channel->type == workflows::value_type::boolean)
      return analysis::share_interval(cell, confidence);
  }
  return analysis::mean_interval(cell, confidence);
}

void write_cell(
  json_writer& to, const workflows::loop_definition& definition,
  const analysis::metric_key& key, const analysis::moments& cell) {
  to.begin_object().field("metric", key.metric);
  number_field(to, "version", key.version.value);
  to.field("scope", name_of(key.scope));
  if (key.scope != analysis::slice_scope::overall)
    to.field("attribute", key.attribute);
  if (key.scope == analysis::slice_scope::slice)
    to.field("value", key.value);
  to.field("count", cell.count);
  const auto average = analysis::mean(cell);
  to.key("mean");
  average ? to.value(*average) : to.null();
  const auto range = interval_of(definition, key.metric, cell);
  to.key("interval");
  if (range)
    to.begin_array().value(range->low).value(range->high).end_array();
  else
    to.null();
  to.end_object();
}

} // namespace

void write_trigger(
  json_writer& to, const workflows::loop_definition& definition,
  const workflows::loop_state& state, const workflows::trigger_inputs& inputs,
  time_point now) {
  const auto verdict =
    workflows::evaluate(definition.trigger, state.trigger, inputs, now);
  to.begin_object()
    .field("outcome", workflows::to_string(verdict.outcome))
    .field("sentence", verdict.sentence);
  time_field(to, "look_again", verdict.look_again);
  time_field(to, "last_start", state.trigger.last_start);
  time_field(to, "last_end", state.trigger.last_end);
  to.field("cursor", inputs.cursor.value).key("channels").begin_array();
  for (const auto& channel : definition.channels) {
    const auto joined = joined_of(inputs, channel.name);
    const auto before = joined_of(state.trigger.baseline, channel.name);
    to.begin_object()
      .field("channel", channel.name)
      .field("joined", joined)
      .field("since_last_start", joined - std::min(joined, before))
      .key("needed");
    const auto count = definition.trigger.condition
      ? needed(*definition.trigger.condition, channel.name)
      : std::nullopt;
    count ? to.value(*count) : to.null();
    to.end_object();
  }
  to.end_array().end_object();
}

void write_metrics(
  json_writer& to, const workflows::loop_definition& definition,
  const analysis::metric_table& metrics, bool with_slices) {
  to.begin_array();
  for (const auto& [key, cell] : metrics.cells()) {
    if (with_slices || key.scope == analysis::slice_scope::overall)
      write_cell(to, definition, key, cell);
  }
  to.end_array();
}

void write_version(
  json_writer& to, const storage::version_record& version,
  version_number champion, const std::string& base_url) {
  to.begin_object()
    .field("version", version.number.value)
    .field("champion", version.number == champion)
    .field("source", version.source);
  number_field(to, "iteration", version.iteration.value);
  number_field(to, "parent", version.parent.value);
  time_field(to, "created", version.created);
  to.field("who", version.who)
    .field("note", version.note)
    .field("dataset_digest", version.dataset_digest)
    .key("artifact")
    .begin_object()
    .field("uri", base_url + "/v1/artifacts/" + version.artifact.digest)
    .field("digest", version.artifact.digest)
    .field("name", version.artifact.name)
    .field("bytes", version.artifact.bytes)
    .end_object()
    .end_object();
}

} // namespace ratchet::api
