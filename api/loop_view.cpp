#include "api/views.hpp"

#include <algorithm>
#include <optional>

namespace ratchet::api {
namespace {

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
    const auto count = definition.trigger.condition
      ? needed(*definition.trigger.condition, channel.name)
      : std::nullopt;
    to.begin_object()
      .field("channel", channel.name)
      .field("joined", joined)
      .field("since_last_start", joined - std::min(joined, before))
      .field("needed", count)
      .end_object();
  }
  to.end_array().end_object();
}

void write_version(
  json_writer& to, const storage::version_record& version,
  version_number champion,
  const std::optional<storage::rollback_record>& rolled_back,
  const std::string& base_url) {
  to.begin_object()
    .field("version", version.number.value)
    .field("champion", version.number == champion)
    .key("rolled_back");
  write_rollback(to, rolled_back);
  to.field("source", version.source);
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

void write_rollback(
  json_writer& to, const std::optional<storage::rollback_record>& rolled_back) {
  if (!rolled_back) {
    to.null();
    return;
  }
  to.begin_object();
  time_field(to, "at", rolled_back->at);
  to.field("to", rolled_back->to.value)
    .field("who", rolled_back->who)
    .field("reason", rolled_back->reason)
    .field("decision", rolled_back->event)
    .end_object();
}

void write_probation(
  json_writer& to, const workflows::loop_state& state, time_point now) {
  const auto probation = workflows::probation_of(state);
  if (!probation) {
    to.null();
    return;
  }
  to.begin_object()
    .field("version", probation->version.value)
    .field("previous", probation->previous.value);
  time_field(to, "from", probation->since);
  time_field(to, "until", probation->until);
  to.field("over", now >= probation->until).end_object();
}

} // namespace ratchet::api
