#include "formats/event_json.hpp"

#include "base/clock.hpp"
#include "formats/json_writer.hpp"

#include <variant>

namespace ratchet::formats {

namespace {

void append_interaction(const event& e, json_writer& w) {
  if (e.version.value != 0)
    w.field("version", e.version.value);
  w.field_unless_empty("arm", e.arm);
  if (e.propensity != 0)
    w.field("propensity", e.propensity);
  if (!e.slices.empty()) {
    w.key("slice").begin_object();
    for (const auto& [name, value] : e.slices)
      w.field(name, value);
    w.end_object();
  }
  if (!e.input.empty())
    w.key("input").raw(e.input);
  if (!e.output.empty())
    w.key("output").raw(e.output);
}

void append_feedback(const event& e, json_writer& w) {
  w.field("interaction_id", e.interaction_id).field("channel", e.channel);
  w.key("value");
  std::visit([&w](const auto& value) { w.value(value); }, e.value);
}

} // namespace

void append_event_json(
  const stored_event& e, const std::string& loop, std::string& out) {
  const auto& content = e.content;
  json_writer w{out};
  w.begin_object();
  w.field("sequence", e.seq.value);
  w.field("received", to_iso8601(e.received));
  const bool interaction = content.kind == event_kind::interaction;
  w.field("kind", interaction ? "interaction" : "feedback");
  w.field("id", content.id).field("loop", loop);
  if (interaction)
    append_interaction(content, w);
  else
    append_feedback(content, w);
  w.field_unless_empty("subject", content.subject);
  if (content.at != time_point{})
    w.field("time", to_iso8601(content.at));
  if (!content.metadata.empty())
    w.key("metadata").raw(content.metadata);
  w.end_object();
}

} // namespace ratchet::formats
