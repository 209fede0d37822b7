#include "formats/detail/event_fields.hpp"

#include "base/bytes.hpp"
#include "formats/iso_time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace ratchet::formats::detail {

namespace {

using workflows::channel_definition;
using workflows::loop_definition;
using workflows::value_type;

field_set fields_of(event_kind kind) {
  field_set set;
  for (const auto f :
       {field::kind, field::id, field::loop, field::subject, field::metadata,
        field::time})
    set.add(f);
  if (kind == event_kind::interaction)
    for (const auto f :
         {field::version, field::arm, field::propensity, field::slice,
          field::input, field::output})
      set.add(f);
  else
    for (const auto f : {field::interaction_id, field::channel, field::value})
      set.add(f);
  return set;
}

/// Cut to what a message can bear, between two characters.
std::string quoted(std::string_view text) {
  constexpr std::size_t most = 64;
  if (text.size() <= most)
    return '"' + std::string{text} + '"';
  text = text.substr(0, valid_utf8_prefix(text.substr(0, most)));
  return '"' + std::string{text} + "...\"";
}

std::string at_most(std::size_t count, std::string_view what) {
  return "at most " + std::to_string(count) + " " + std::string{what};
}

bool has_control_character(std::string_view text) {
  // Eight at a time: some letter is below a blank, or is DEL.
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  std::uint64_t found = 0;
  while (text.size() >= 8) {
    std::uint64_t x = 0;
    std::memcpy(&x, text.data(), sizeof x);
    const auto del = x ^ (0x7F * ones);
    found |= ((x - 0x20 * ones) & ~x) | ((del - ones) & ~del);
    text.remove_prefix(8);
  }
  for (const char c : text)
    found |= c == 0x7F || static_cast<unsigned char>(c) < 0x20 ? 0x80U : 0U;
  return (found & (0x80 * ones)) != 0;
}

void check_length(event_fields& fields, field f, std::size_t most) {
  const auto size = fields.text_of(f).size();
  if (size > most)
    fields.refuse(
      f, reject_code::too_long,
      std::to_string(size) + " bytes; " + at_most(most, "are allowed"));
}

/// Identifiers become keys, and are printed in logs and tables.
void check_identifier(event_fields& fields, field f) {
  check_length(fields, f, limits::id_bytes);
  if (has_control_character(fields.text_of(f)))
    fields.refuse(
      f, reject_code::invalid_character, "holds a control character");
}

bool require(event_fields& fields, field f) {
  if (!fields.given.has(f))
    fields.refuse(f, reject_code::missing_field, "is missing");
  else if (fields.text_of(f).empty())
    fields.refuse(f, reject_code::missing_field, "is empty");
  else
    return true;
  return false;
}

std::string_view type_name(const scalar& value) {
  static constexpr std::array<std::string_view, 4> names{
    "a boolean", "a number", "an integer", "a string"};
  return names[value.index()];
}

void check_slices(event_fields& fields) {
  auto& slices = fields.slices;
  if (slices.size() > limits::slice_count)
    fields.refuse(
      field::slice, reject_code::too_long,
      at_most(limits::slice_count, "names are allowed"));
  // The order of keys means nothing in JSON: a client that sends an event
  // again in another order has sent the same event.
  std::sort(slices.begin(), slices.end());
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const auto& [name, value] = slices[i];
    if (name.empty())
      fields.refuse(
        field::slice, reject_code::missing_field, "a name is empty");
    if (std::max(name.size(), value.size()) > limits::slice_bytes)
      fields.refuse(
        field::slice, reject_code::too_long,
        "names and values have " + at_most(limits::slice_bytes, "bytes"));
    if (has_control_character(name) || has_control_character(value))
      fields.refuse(
        field::slice, reject_code::invalid_character,
        "holds a control character");
    if (i > 0 && slices[i - 1].first == name)
      fields.refuse(
        field::slice, reject_code::duplicate_field,
        quoted(name) + " stands there twice");
  }
}

/// The label that is `text`. Numbered categories are looked up at once.
const std::string*
find_label(const std::vector<std::string>& labels, std::string_view text) {
  std::size_t guess = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, guess);
  if (
    read.ec == std::errc{} && read.ptr == end && guess < labels.size() &&
    labels[guess] == text)
    return &labels[guess];
  const auto found = std::find(labels.begin(), labels.end(), text);
  return found == labels.end() ? nullptr : &*found;
}

std::string range_text(const channel_definition& channel) {
  const auto bound = [](const std::optional<double>& b, const char* none) {
    std::array<char, 32> text{};
    if (!b)
      return std::string{none};
    return std::string{
      text.data(), std::to_chars(text.data(), text.data() + 32, *b).ptr};
  };
  return "from " + bound(channel.min, "-infinity") + " to " +
    bound(channel.max, "infinity");
}

} // namespace

const loop_definition*
event_rules::apply(event_fields& fields, storage::event_view& view) {
  if (fields.bytes > limits::event_bytes)
    fields.refuse(
      reject_code::too_long,
      "an event has " + at_most(limits::event_bytes, "bytes; this has ") +
        std::to_string(fields.bytes));
  if (fields.first_problem)
    return nullptr;
  view = {};
  if (!require(fields, field::kind))
    return nullptr;
  const auto kind = fields.text_of(field::kind);
  if (kind == "feedback")
    view.kind = event_kind::feedback;
  else if (kind != "interaction")
    fields.refuse(
      field::kind, reject_code::unknown_kind,
      quoted(kind) + " is neither \"interaction\" nor \"feedback\"");
  static const auto of_interaction = fields_of(event_kind::interaction);
  static const auto of_feedback = fields_of(event_kind::feedback);
  const bool interaction = view.kind == event_kind::interaction;
  if (
    const auto other =
      fields.given.first_not_in(interaction ? of_interaction : of_feedback))
    fields.refuse(
      *other, reject_code::unknown_field,
      interaction ? "does not belong to an interaction"
                  : "does not belong to feedback");
  check_common(fields, view);
  const auto* loop = find_loop(fields);
  if (loop == nullptr || fields.first_problem)
    return nullptr;
  if (interaction)
    check_interaction(fields, view);
  else
    check_feedback(fields, *loop, view);
  return fields.first_problem ? nullptr : loop;
}

void event_rules::check_common(
  event_fields& fields, storage::event_view& view) {
  if (require(fields, field::id))
    check_identifier(fields, field::id);
  check_identifier(fields, field::subject);
  check_length(fields, field::metadata, limits::metadata_bytes);
  check_time(fields, view);
  view.id = fields.text_of(field::id);
  view.subject = fields.text_of(field::subject);
  view.metadata = fields.text_of(field::metadata);
}

void event_rules::check_time(
  event_fields& fields, storage::event_view& view) const {
  if (!fields.given.has(field::time))
    return;
  if (const auto* text = std::get_if<std::string_view>(&fields.time)) {
    const auto read = parse_iso8601(*text);
    if (!read)
      return fields.refuse(
        field::time, reject_code::wrong_type,
        quoted(*text) + " is no time such as \"2026-08-22T10:15:30.123Z\"");
    view.at = *read;
  } else if (const auto* ms = std::get_if<std::int64_t>(&fields.time)) {
    view.at = from_ms(*ms);
  } else {
    return fields.refuse(
      field::time, reject_code::wrong_type,
      "expected a string or whole milliseconds, got " +
        std::string{type_name(fields.time)});
  }
  if (to_ms(view.at) < 0)
    fields.refuse(field::time, reject_code::out_of_range, "is before 1970");
  // Compared by addition to what is ours: theirs may be anything.
  if (view.at > received_ + limits::clock_skew)
    fields.refuse(
      field::time, reject_code::future_time,
      "is more than 5 minutes ahead of " + to_iso8601(received_) +
        ", when it came");
}

const loop_definition* event_rules::find_loop(event_fields& fields) {
  auto name = fields.text_of(field::loop);
  if (!fields.given.has(field::loop) && !default_loop_.empty())
    name = default_loop_;
  else if (!require(fields, field::loop))
    return nullptr;
  if (last_loop_ != nullptr && last_loop_->name == name)
    return last_loop_;
  const auto found = loops_.find(name);
  if (found == loops_.end()) {
    fields.refuse(
      field::loop, reject_code::unknown_loop,
      "no loop is called " + quoted(name));
    return nullptr;
  }
  last_loop_ = &found->second;
  return last_loop_;
}

void event_rules::check_interaction(
  event_fields& fields, storage::event_view& view) {
  if (fields.given.has(field::version)) {
    if (fields.version < 0)
      fields.refuse(field::version, reject_code::out_of_range, "is below 0");
    view.version.value = static_cast<std::uint64_t>(fields.version);
  }
  view.arm = fields.text_of(field::arm);
  if (!view.arm.empty() && view.arm != "champion" && view.arm != "challenger")
    fields.refuse(
      field::arm, reject_code::out_of_range,
      quoted(view.arm) + " is neither \"champion\" nor \"challenger\"");
  if (fields.given.has(field::propensity)) {
    if (!(fields.propensity > 0 && fields.propensity <= 1))
      fields.refuse(
        field::propensity, reject_code::out_of_range,
        "a probability is above 0 and at most 1");
    view.propensity = fields.propensity;
  }
  check_slices(fields);
  check_length(fields, field::input, limits::json_bytes);
  check_length(fields, field::output, limits::json_bytes);
  view.slices = fields.slices;
  view.input = fields.text_of(field::input);
  view.output = fields.text_of(field::output);
}

void event_rules::check_feedback(
  event_fields& fields, const loop_definition& loop,
  storage::event_view& view) {
  if (require(fields, field::interaction_id))
    check_identifier(fields, field::interaction_id);
  view.interaction_id = fields.text_of(field::interaction_id);
  if (!require(fields, field::channel))
    return;
  const auto name = fields.text_of(field::channel);
  const auto channel = std::find_if(
    loop.channels.begin(), loop.channels.end(),
    [&](const channel_definition& c) { return c.name == name; });
  if (channel == loop.channels.end())
    return fields.refuse(
      field::channel, reject_code::unknown_channel,
      "loop " + quoted(loop.name) + " has no channel " + quoted(name));
  view.channel = name;
  if (!fields.given.has(field::value))
    return fields.refuse(
      field::value, reject_code::missing_field, "is missing");
  check_value(fields, *channel, view);
}

void event_rules::check_value(
  event_fields& fields, const channel_definition& channel,
  storage::event_view& view) {
  const auto wrong_type = [&](std::string_view expected) {
    fields.refuse(
      field::value, reject_code::wrong_type,
      "channel " + quoted(channel.name) + " takes " + std::string{expected} +
        ", not " + std::string{type_name(fields.value)});
  };
  const auto* text = std::get_if<std::string_view>(&fields.value);
  const auto* integer = std::get_if<std::int64_t>(&fields.value);
  switch (channel.type) {
  case value_type::boolean:
    if (const auto* b = std::get_if<bool>(&fields.value))
      view.value = *b;
    else
      wrong_type("true or false");
    return;
  case value_type::number: {
    const auto* real = std::get_if<double>(&fields.value);
    if (real == nullptr && integer == nullptr)
      return wrong_type("a number");
    // Plus zero, so that -0 and 0 are one value and one content.
    const double n =
      (real != nullptr ? *real : static_cast<double>(*integer)) + 0.0;
    if ((channel.min && n < *channel.min) || (channel.max && n > *channel.max))
      return fields.refuse(
        field::value, reject_code::out_of_range,
        "channel " + quoted(channel.name) + " goes " + range_text(channel));
    view.value = n;
    return;
  }
  case value_type::category: {
    if (text == nullptr && integer == nullptr)
      return wrong_type("a label or its integer");
    auto label = text != nullptr ? *text : std::string_view{};
    if (integer != nullptr) {
      const auto end =
        std::to_chars(label_.data(), label_.data() + label_.size(), *integer);
      label = {
        label_.data(), static_cast<std::size_t>(end.ptr - label_.data())};
    }
    const auto* known = find_label(channel.labels, label);
    if (known == nullptr)
      return fields.refuse(
        field::value, reject_code::out_of_range,
        quoted(label) + " is no label of channel " + quoted(channel.name));
    view.value = std::string_view{*known};
    return;
  }
  case value_type::text:
    if (text == nullptr)
      return wrong_type("a string");
    if (text->size() > limits::text_bytes)
      return fields.refuse(
        field::value, reject_code::too_long,
        std::to_string(text->size()) + " bytes; " +
          at_most(limits::text_bytes, "are allowed"));
    view.value = *text;
    return;
  }
}

} // namespace ratchet::formats::detail
