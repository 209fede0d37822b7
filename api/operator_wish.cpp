#include "api/operator_wish.hpp"

#include "workflows/fan_out.hpp"

#include <string>

namespace ratchet::api {
namespace {

void read_labels(
  body_reader& body, const wants& what, actors::operator_request& wish) {
  const auto labels = body.object("labels");
  for (const auto& [name, value] : labels.items()) {
    if (value.is_string())
      wish.labels[name] = value.get<std::string>();
    else if (value.is_null() && what.only_labels)
      wish.removed_labels.push_back(name);
    else
      body.fail("label \"" + name + "\" must be a string");
  }
  if (what.only_labels)
    body.require(
      !wish.labels.empty() || !wish.removed_labels.empty(), "labels",
      "which labels to set, or with null to remove");
}

/// A text is its own payload; anything else is kept as JSON.
std::string payload_of(const json& value) {
  if (value.is_null())
    return {};
  return value.is_string() ? value.get<std::string>() : to_text(value);
}

void read_signal(body_reader& body, actors::operator_request& wish) {
  wish.signal.name = body.text("signal");
  wish.signal.payload = payload_of(body.value("payload"));
  wish.signal.id = body.text("id");
  body.require(!wish.signal.name.empty(), "signal", "the signal's name");
}

void read_stage(
  body_reader& body, const workflows::loop_definition& loop, const wants& what,
  actors::operator_request& wish) {
  wish.stage = body.text("stage");
  if (what.one_stage)
    body.require(!wish.stage.empty(), "stage", "which stage shall not run");
  // An item of it is the iteration's to know.
  const std::string stage{workflows::parse_unit(wish.stage).stage};
  if (!stage.empty() && loop.any_stage(stage) == nullptr)
    body.fail("loop \"" + wish.loop + "\" has no stage \"" + wish.stage + "\"");
}

} // namespace

void read_wish(
  body_reader& body, const workflows::loop_definition& loop, const wants& what,
  actors::operator_request& wish) {
  wish.loop = loop.name;
  wish.who = body.text("who");
  // What a signal is for, its name says.
  if (!what.signal)
    wish.reason = body.text("reason");
  if (what.version)
    wish.version.value = body.number("version");
  if (what.at_once)
    wish.at_once = body.flag("now");
  if (what.labels)
    read_labels(body, what, wish);
  if (what.signal)
    read_signal(body, wish);
  if (what.reason)
    body.require(
      !wish.reason.empty(), "reason",
      "it goes into the loop's journal for those who ask later");
  if (what.who)
    body.require(
      !wish.who.empty(), "who", "an approval is worth who stands behind it");
  if (what.version)
    body.require(
      wish.version.value > 0, "version", "which version shall be champion");
  if (what.stage)
    read_stage(body, loop, what, wish);
}

} // namespace ratchet::api
